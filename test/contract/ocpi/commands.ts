/** Commands and charging profiles, alike in 2.2.1 and 2.3.0, from the specification's tables. */
import { Type } from 'typebox';
import * as is from './common.ts';

const message = is.many(is.displayText);
const seconds = Type.Integer({ minimum: 0 });
const profileResult = is.oneOf('ACCEPTED REJECTED UNKNOWN');
const profile = is.strict({
  start_date_time: is.opt(is.dateTime),
  duration: is.opt(seconds),
  charging_rate_unit: is.oneOf('W A'),
  min_charging_rate: is.opt(is.number),
  charging_profile_period: is.many(is.strict({ start_period: seconds, limit: is.number })),
});
const activeProfile = is.strict({ start_date_time: is.dateTime, charging_profile: profile });

export const COMMANDS = {
  commandResponse: is.strict({
    result: is.oneOf('NOT_SUPPORTED REJECTED ACCEPTED UNKNOWN_SESSION'),
    timeout: seconds,
    message,
  }),
  commandResult: is.strict({
    result: is.oneOf(
      'ACCEPTED CANCELED_RESERVATION EVSE_OCCUPIED EVSE_INOPERATIVE FAILED NOT_SUPPORTED REJECTED TIMEOUT UNKNOWN_RESERVATION',
    ),
    message,
  }),
  profileResponse: is.strict({
    result: is.oneOf('ACCEPTED NOT_SUPPORTED REJECTED TOO_OFTEN UNKNOWN_SESSION'),
    timeout: seconds,
  }),
  profileResult: is.strict({ result: profileResult }),
  activeProfileResult: is.strict({ result: profileResult, profile: is.opt(activeProfile) }),
  activeProfile,
};
