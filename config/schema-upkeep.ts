import { Type } from 'typebox';
import { flag, integer, text } from './kinds.ts';

const days = (usual: number, description: string) =>
  integer({ min: 0, max: 36_500, default: usual, unit: 'days', description: `${description}; 0: for ever.` });

/** What the site does for itself at night. */
export const upkeep = Type.Object(
  {
    at: text({
      max: 5,
      pattern: '^([01]\\d|2[0-3]):[0-5]\\d$',
      expects: 'a time of the day such as 03:30',
      default: '03:30',
      description: "When backups are made and old records are forgotten, on the site's clock.",
    }),
    'backup-directory': text({
      max: 4096,
      default: null,
      description:
        'Where backups are put, relative to this file; default: `backups` in the data directory, which is no help when its disk fails.',
    }),
    'backup-keep': integer({
      min: 0,
      max: 1000,
      default: 7,
      description: "So many of the nights' backups are kept; 0: none is made.",
    }),
    'backup-key': flag({
      default: true,
      description:
        "Does the key of the database's secrets go along with each backup? Without it a backup gives away none, and on another machine peers have to be registered anew.",
    }),
    'backup-megabytes-per-second': integer({
      min: 1,
      max: 10_000,
      unit: 'MB/s',
      default: 8,
      description: 'Most that a backup writes, so that chargers are answered as ever.',
    }),
    'keep-days': Type.Object(
      {
        samples: days(730, 'Numbers of meter readings of sessions that are billed'),
        'meter-log': days(730, 'The same readings to the letter; signed ones are kept anyway'),
        frames: days(30, 'Raw messages of chargers'),
        decisions: days(365, 'Who was let in or not; a card is known as accepted here before for as long'),
        quarantine: days(365, 'Messages of chargers that could not be applied'),
        'dead-letters': days(90, 'What peers refuse; bills are kept anyway'),
      },
      { description: 'How long records are kept. Sessions and bills are never forgotten.' },
    ),
    'low-space-megabytes': integer({
      min: 0,
      max: 1_000_000,
      unit: 'MB',
      default: 500,
      description: 'Less free room than this where the data is gives a warning.',
    }),
  },
  { description: 'Backups, forgetting, and room on the disk.' },
);
