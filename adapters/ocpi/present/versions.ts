import type { Version } from '../request.ts';
import type { Presenter } from './shared.ts';
import { v211 } from './v211.ts';
import { v221 } from './v221.ts';
import { v230 } from './v230.ts';

/** Each version's wire objects. */
export const PRESENTERS: Record<Version, Presenter> = { '2.3.0': v230, '2.2.1': v221, '2.1.1': v211 };
