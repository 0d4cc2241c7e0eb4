import { existsSync } from 'node:fs';
import { chromium, type Browser } from 'playwright-core';

const CHROMIUM = '/usr/bin/chromium';

export const hasBrowser = existsSync(CHROMIUM);
if (!hasBrowser) process.stderr.write(`pages are not tested: ${CHROMIUM} is absent (apt-get install chromium)\n`);

/** Chromium without a window. Nor with a graphics card acted by the processor, which takes four times as long to draw. */
export function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: CHROMIUM,
    args: ['--no-sandbox', '--disable-gpu', '--disable-software-rasterizer'],
  });
}
