import { createHash } from 'node:crypto';
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const TEMPLATES = fileURLToPath(new URL('../service/', import.meta.url));

/** A file of the service: which template it is made of, and where it goes. */
interface ServiceFile {
  from: string;
  to: string;
  mode: number;
  /** The operator's from the first day on: never replaced. */
  theirs: boolean;
}

/** Everything that the service puts onto a machine, beside the program itself. */
export const SERVICE_FILES: readonly ServiceFile[] = [
  { from: 'chargegate.service', to: 'etc/systemd/system/chargegate.service', mode: 0o644, theirs: false },
  { from: 'sysusers.conf', to: 'etc/sysusers.d/chargegate.conf', mode: 0o644, theirs: false },
  { from: 'tmpfiles.conf', to: 'etc/tmpfiles.d/chargegate.conf', mode: 0o644, theirs: false },
  { from: 'readers.rules', to: 'etc/udev/rules.d/70-chargegate.rules', mode: 0o644, theirs: false },
  { from: 'chargegate.sh', to: 'usr/local/bin/chargegate', mode: 0o755, theirs: false },
  { from: 'chargegate.yaml', to: 'etc/chargegate/chargegate.yaml', mode: 0o640, theirs: true },
];

/** Where the program and its Node are when the service runs. */
export interface Places {
  program: string;
  node: string;
}

/** What happened to one file, for people. */
export type Told = (text: string) => void;

/**
 * Puts the files under `root`; the same call again changes nothing. A file that somebody edited is copied beside before it
 * is replaced; the operator's configuration is never replaced, what came new is put beside it.
 */
export function placeFiles(root: string, places: Places, told: Told): void {
  for (const file of SERVICE_FILES) placeFile(join(root, file.to), file, contentOf(file, places), told);
}

function placeFile(path: string, file: ServiceFile, content: string, told: Told): void {
  if (!existsSync(path)) {
    write(path, content, file.mode);
    told(`written    ${path}`);
  } else if (readFileSync(path, 'utf8') === content) told(`unchanged  ${path}`);
  else if (file.theirs) {
    const beside = `${path}.new`;
    if (existsSync(beside) && readFileSync(beside, 'utf8') === content) return told(`kept       ${path}`);
    write(beside, content, file.mode);
    told(`kept       ${path}; what comes with this version is in ${beside}`);
  } else {
    const copy = keepCopy(path);
    write(path, content, file.mode);
    told(`replaced   ${path}; as it was it is in ${copy}`);
  }
}

/** Removes the files under `root`; edited ones leave a copy, the configuration stays. */
export function removeFiles(root: string, places: Places, told: Told): void {
  for (const file of SERVICE_FILES) {
    const path = join(root, file.to);
    if (!existsSync(path)) continue;
    if (file.theirs) {
      told(`kept       ${path}`);
      continue;
    }
    const edited = readFileSync(path, 'utf8') !== contentOf(file, places);
    const copy = edited ? keepCopy(path) : null;
    rmSync(path);
    told(`removed    ${path}${copy === null ? '' : `; as it was it is in ${copy}`}`);
  }
}

function contentOf({ from }: ServiceFile, { program, node }: Places): string {
  return readFileSync(join(TEMPLATES, from), 'utf8').replaceAll('@PROGRAM@', program).replaceAll('@NODE@', node);
}

/** Named by its content, so that no copy replaces another. */
function keepCopy(path: string): string {
  const digest = createHash('sha256').update(readFileSync(path)).digest('hex').slice(0, 8);
  const copy = `${path}.old-${digest}`;
  copyFileSync(path, copy);
  return copy;
}

function write(path: string, content: string, mode: number): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
  writeFileSync(path, content, { mode });
  // The umask may have taken some away.
  chmodSync(path, mode);
}
