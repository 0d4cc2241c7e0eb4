import { Type } from 'typebox';
import { flag, integer, pemFile, secret, secretFile, text } from './kinds.ts';

const topic = (fallback: string, description: string) =>
  text({
    max: 128,
    pattern: '^[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*$',
    expects: 'letters, digits, dots, hyphens and underscores, in levels separated by slashes',
    default: fallback,
    description,
  });

/** The building's message broker. */
export const mqtt = Type.Object(
  {
    url: text({
      max: 255,
      pattern: '^mqtts?://[^\\s/@?#]+$',
      expects: 'a URL such as mqtt://broker.example:1883, or mqtts:// with TLS',
      default: null,
      description: 'The broker (MQTT 5); default: none, nothing is told.',
    }),
    'base-topic': topic('chargegate', 'Everything is below it; each gateway at a broker needs its own.'),
    'client-id': text({
      max: 64,
      pattern: '^[A-Za-z0-9_.-]+$',
      expects: 'up to 64 letters, digits, dots, hyphens or underscores',
      default: null,
      description: 'Name of the connection at the broker. Default: `chargegate-` and the id of the site.',
    }),
    username: text({ max: 128, default: null, description: 'Who the gateway is for the broker; default: nobody.' }),
    password: secret(1, 256, 'Password of that user.'),
    'password-file': secretFile('password'),
    requests: flag({
      default: true,
      description: 'May chargers be started, stopped, limited and called over the broker? Say there who may.',
    }),
    'keep-events': integer({
      min: 0,
      max: 1_000_000,
      default: 10_000,
      description:
        'Most sessions, and most bill lines, that are told after the broker was away; the oldest are left out.',
    }),
    'home-assistant': flag({ default: false, description: 'Is Home Assistant told of every charger by itself?' }),
    'home-assistant-prefix': topic('homeassistant', "Home Assistant's own base topic (discovery prefix)."),
    tls: Type.Union(
      [
        Type.Object({
          'authorities-path': pemFile('Authorities that the broker has to be of, PEM; default: the public ones'),
          'certificate-path': pemFile('The client certificate that we show and its chain, PEM; default: none'),
          'key-path': pemFile('The private key of that certificate, PEM'),
        }),
        Type.Null(),
      ],
      { default: null, description: 'How the broker is called with TLS where that is not as with anybody.' },
    ),
  },
  { description: "The building's message broker (MQTT). Without a `url` nothing of it runs." },
);
