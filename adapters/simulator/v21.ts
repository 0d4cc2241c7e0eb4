import type { Dialect } from './dialect.ts';
import { v201 } from './v201.ts';

/** A charger's side of OCPP 2.1: what this one tells is worded as in 2.0.1. */
export const v21: Dialect = { ...v201, protocol: 'ocpp2.1' };
