/** A whole gateway that publishes, and what a stranger sees of it. */
import { startTestSite, type TestSite } from '../harness/gateway.ts';

export const SITE = `
site:
  id: L1
  name: "Depå <Nord> & \\"Syd\\""
  address: Testgatan 1
  city: Örebro
  postal-code: 702 27
  country: SWE
  latitude: "59.27412"
  longitude: "15.20664"
  time-zone: Europe/Stockholm
  country-code: SE
  party-id: DEP
  operator: { name: Depot AB, website: "https://depot.example/?a=1&b=2" }
  owner-name: Owner AB
  help-phone: +46 19 123456
  parking-type: parking-lot
  facilities: [cafe]
  green-energy: true
  opening-times: { hours: [{ day: monday, from: 06:00, to: 22:00 }, { day: sunday, from: 10:00, to: 18:00 }] }
`;

export const OPEN = `
open-data: { publish: true, host: 127.0.0.1, port: 0 }
`;

export const TARIFFS = `
default-connector: { tariff: day }
tariffs:
  - id: day
    currency: SEK
    tax-included: no
    alt-text: [{ language: sv, text: "3,23 kr/kWh & mer" }, { language: en, text: Day }]
    min-price: { before-taxes: 10 }
    max-price: { before-taxes: 80.00, after-taxes: 100.00 }
    elements:
      - components:
          - { type: flat, price: 5, vat: 25 }
          - { type: energy, price: 3.2345, vat: 25, step: 100 }
          - { type: time, price: 12, vat: 25 }
          - { type: parking-time, price: 10, vat: 25 }
  - id: hourly
    currency: SEK
    tax-included: yes
    elements: [{ components: [{ type: time, price: 10 }] }]
  - id: nowhere
    currency: SEK
    tax-included: no
    elements: [{ components: [{ type: flat, price: 1 }] }]
`;

export const CHARGERS = `
chargers:
  - id: BAY-1
    payment: [contactless-card, credit-card, pin-pad, chip-card]
    vehicle-types: [van, truck-with-trailer]
    evses:
      - id: 1
        uid: E1
        parking-restrictions: [disabled, employees]
        connectors:
          - { id: 1 }
          - { id: 2, standard: iec-62196-t2-combo, format: cable, power-type: dc, max-voltage: 920, max-amperage: 200, max-power: 150000, tariff: hourly }
      - { id: 2, uid: E2, connectors: [{ id: 1, standard: nema-5-20 }] }
`;

export const ALL = SITE + OPEN + TARIFFS + CHARGERS;

export interface PublicSite extends TestSite {
  /** Reads a path under /open as a stranger; the body is unpacked. */
  read(path: string, headers?: Record<string, string>, method?: string): Promise<Read>;
}

export interface Read {
  status: number;
  headers: Headers;
  text: string;
}

/** Starts a gateway with this configuration, on the wall clock unless told. */
export async function startPublicSite(yaml: string = ALL, clock?: () => number): Promise<PublicSite> {
  const site = await startTestSite({ yaml, ...(clock && { clock }) });
  return {
    ...site,
    async read(path, headers = {}, method = 'GET') {
      const response = await fetch(`${site.urls.openData}${path}`, { method, headers });
      return { status: response.status, headers: response.headers, text: await response.text() };
    },
  };
}
