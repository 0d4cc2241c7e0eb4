import Type from 'typebox';

const Text = Type.String();
const Time = Type.String({ format: 'date-time' });
const Count = Type.Integer({ minimum: 0 });
const nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()]);

/** What goes on at the site just now, beside the counts of what there is. */
export const SITE_NOW = {
  running: Type.Object({
    sessions: Count,
    powerW: Type.Number({ description: 'of all of them together, as their chargers last reported' }),
  }),
  uplink: Type.Array(
    Type.Object({
      peer: Text,
      state: Type.Enum(['idle', 'up', 'down', 'refusing']),
      since: nullable(Time),
      problem: nullable(Text),
      waiting: Type.Integer({ description: 'objects that it has not been told yet' }),
      dead: Type.Integer({ description: 'objects that it refuses' }),
      waitingSince: nullable(Time),
    }),
  ),
  readers: Type.Array(Type.Object({ id: Text, state: Text, since: Time, reason: nullable(Text) })),
  disk: nullable(Type.Object({ freeBytes: Type.Number(), totalBytes: Type.Number(), databaseBytes: Type.Number() })),
  broker: nullable(
    Type.Object({
      url: Text,
      connected: Type.Boolean(),
      waiting: Type.Integer({ description: 'sessions and bill lines that it has not been told yet' }),
      skipped: Type.Integer({ description: 'those that were left out since the start' }),
    }),
  ),
  lastBackup: nullable(
    Type.String({ format: 'date-time', description: 'the newest that lies in the backup directory' }),
  ),
  today: Type.Object({
    reservations: Type.Integer({ description: 'bays kept for somebody now' }),
    bookings: Type.Integer({ description: 'bookings that last at some time of this day at the site' }),
    next: nullable(Time),
  }),
  drill: nullable(Type.Object({ state: Text, endsAt: Time })),
};
