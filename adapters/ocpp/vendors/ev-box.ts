import type { VendorMessages } from './index.ts';

/**
 * EVBox chargers tell their status a second time in words of their own, with lamp and cable: comma-separated, the number of
 * the connector first. They try again for as long as it is not accepted.
 */
export const evBox: VendorMessages = {
  vendor: 'EV-BOX',
  messages: {
    evbStatusNotification: (data) => data !== null && /^\s*\d{1,3}\s*,/.test(data),
  },
};
