import { styleText } from 'node:util';

export type Colour = 'red' | 'yellow' | 'green' | 'bold' | 'dim';

/** Gives text a colour, or leaves it as it is. */
export type Paint = (colour: Colour, text: string) => string;

/** Colours are for terminals only, and for who did not ask for none (NO_COLOR, no-color.org; TERM=dumb). */
export function paintFor(stream: { isTTY?: boolean }, env: NodeJS.ProcessEnv): Paint {
  const wanted = stream.isTTY === true && !env['NO_COLOR'] && env['TERM'] !== 'dumb';
  return wanted ? (colour, text) => styleText(colour, text, { validateStream: false }) : (_colour, text) => text;
}
