/** What of the documents' commands is not run by the test as it stands, and why: the one place for it. */

/** Not run here: what stands for it. First match counts. */
export const NOT_RUN: [pattern: RegExp, reason: string][] = [
  [/^npm ci\b/, 'installs the packages that this test runs on; CI begins with it'],
  [
    /^npm (start|run demo|test|run check|run format)\b/,
    'the whole program or its whole test: test/cli/run-daemon and CI',
  ],
  [/^npm run soak\b/, 'takes its minutes: test/soak/soak.test.ts gives it seconds'],
  [/^\.ci\/run$/, 'it is what runs this'],
  [/ simulate\b/, 'runs until Ctrl-C: test/cli/simulate.test.ts'],
  [
    /^(sudo|sudoedit|systemctl|journalctl|cd \/opt)\b/,
    'changes the machine: test/service installs into a folder of its own',
  ],
  [/ readers tap\b/, 'waits for a card: test/cli/readers.test.ts'],
];

/** Ends otherwise than with 0 here, for a reason. */
export const OTHERWISE: [pattern: RegExp, code: number, reason: string][] = [
  [/ peers register my-cloud\b/, 1, 'nobody is at cloud.example'],
  [/ peers (rotate|unregister) my-cloud\b/, 1, 'it has not registered, for the same reason'],
  [/ certificates revoke\b/, 1, 'none was issued here: test/cli/certificates.test.ts'],
  [/ logs get 7\b/, 1, 'no log came in here: test/files/cli.test.ts'],
  [/ open-data check\b/, 1, 'the site of the test lacks what it looks for'],
  [/ backup \/mnt\b/, 2, 'to a file only on the gateway itself, and this asks by --url: test/upkeep/cli.test.ts'],
  [/ restore \/mnt\b/, 2, 'there is no such backup here: test/upkeep/cli.test.ts'],
  [/ outbox check cloud\b/, 1, 'it gave us no URL to look at'],
];
