import { toUtc } from '../../gateway/domain/time.ts';
import type {
  ComponentType,
  GetVariableResultType,
  GetVariableStatusEnumType,
  MutabilityEnumType,
  ReportDataType,
  SetVariableResultType,
  SetVariableStatusEnumType,
  VariableType,
} from '../ocpp/schemas/generated/v201.ts';
import type { Control } from './dialect.ts';
import type { Answer } from './rpc-client.ts';
import { BYTES_PER_MESSAGE, deviceVariables, ITEMS_PER_MESSAGE } from './v201-device-model.ts';
import type { DeviceVariable } from './v201-device-model.ts';
import { asList, asRecord, asText, asWhole } from './wire.ts';

/** Things in one NotifyReport. */
const REPORT_ITEMS = 20;

/** Null where the message keeps to what this box takes at once (B06.FR.16, B08.FR.17, D01.FR.11). */
export function excess(action: keyof typeof ITEMS_PER_MESSAGE, items: unknown[], payload: unknown): Answer | null {
  const most = ITEMS_PER_MESSAGE[action];
  if (items.length > most)
    return { errorCode: 'OccurrenceConstraintViolation', description: `${action} takes ${most} items at most` };
  if (JSON.stringify(payload).length <= BYTES_PER_MESSAGE) return null;
  return { errorCode: 'FormatViolation', description: `${action} takes ${BYTES_PER_MESSAGE} bytes at most` };
}

/** GetVariables (B06). */
export function getVariables(control: Control, payload: Record<string, unknown>): Answer {
  const asked = asList(payload['getVariableData']);
  const all = deviceVariables(control);
  return (
    excess('GetVariables', asked, payload) ?? {
      payload: { getVariableResult: asked.map((each) => readOne(control, all, asRecord(each))) },
    }
  );
}

function readOne(control: Control, all: DeviceVariable[], asked: Record<string, unknown>): GetVariableResultType {
  const found = find(all, asked);
  const value = typeof found === 'string' ? null : (found.read?.(control) ?? null);
  const attributeStatus: GetVariableStatusEnumType =
    typeof found === 'string' ? found : value === null ? 'Rejected' : 'Accepted';
  return {
    ...subject(asked),
    attributeStatus,
    ...(value !== null && { attributeValue: value }),
  };
}

/** SetVariables (B05). */
export function setVariables(control: Control, payload: Record<string, unknown>): Answer {
  const asked = asList(payload['setVariableData']);
  const tooMuch = excess('SetVariables', asked, payload);
  if (tooMuch) return tooMuch;
  const all = deviceVariables(control);
  const setVariableResult = asked.map((each): SetVariableResultType => {
    const one = asRecord(each);
    return { ...subject(one), attributeStatus: writeOne(control, find(all, one), asText(one['attributeValue']) ?? '') };
  });
  const changed = setVariableResult.some(({ attributeStatus }) => attributeStatus === 'Accepted');
  return { payload: { setVariableResult }, ...(changed && { followUp: control.settingsChanged }) };
}

function writeOne(control: Control, found: ReturnType<typeof find>, value: string): SetVariableStatusEnumType {
  if (typeof found === 'string') return found;
  return found.write?.(control, value) ? 'Accepted' : 'Rejected';
}

type Lack = 'UnknownComponent' | 'UnknownVariable' | 'NotSupportedAttributeType';

function find(all: DeviceVariable[], asked: Record<string, unknown>): DeviceVariable | Lack {
  const { component, variable } = subject(asked);
  const there = all.filter((each) => sameComponent(each.component, component));
  if (there.length === 0) return 'UnknownComponent';
  const found = there.find((each) => sameName(each.variable, variable));
  if (!found) return 'UnknownVariable';
  const attribute = asked['attributeType'] ?? 'Actual';
  return attribute === 'Actual' ? found : 'NotSupportedAttributeType';
}

// upper and lower case are one
function sameName(one: { name: string; instance?: string }, other: { name: string; instance?: string }): boolean {
  const key = ({ name, instance = '' }: { name: string; instance?: string }): string =>
    `${name}/${instance}`.toLowerCase();
  return key(one) === key(other);
}

function sameComponent(one: ComponentType, other: ComponentType): boolean {
  return sameName(one, other) && one.evse?.id === other.evse?.id && one.evse?.connectorId === other.evse?.connectorId;
}

/** Whom an entry is about, as it was asked. */
function subject(asked: Record<string, unknown>): { component: ComponentType; variable: VariableType } {
  const component = asRecord(asked['component']);
  const evse = asRecord(component['evse']);
  const id = asWhole(evse['id']);
  const connectorId = asWhole(evse['connectorId']);
  return {
    component: {
      ...name(component),
      ...(id !== null && { evse: { id, ...(connectorId !== null && { connectorId }) } }),
    },
    variable: name(asRecord(asked['variable'])),
  };
}

function name(value: Record<string, unknown>): { name: string; instance?: string } {
  const instance = asText(value['instance']);
  return { name: asText(value['name']) ?? '', ...(instance !== null && { instance }) };
}

const SUMMARY = ['available', 'availabilitystate', 'problem'];

/** GetBaseReport (B07): answered, then told in parts. */
export function getBaseReport(control: Control, payload: Record<string, unknown>): Answer {
  const all = deviceVariables(control);
  const bases: Record<string, DeviceVariable[]> = {
    FullInventory: all,
    ConfigurationInventory: all.filter((each) => each.write),
    SummaryInventory: all.filter((each) => SUMMARY.includes(each.variable.name.toLowerCase())),
  };
  const wanted = bases[asText(payload['reportBase']) ?? ''];
  return wanted ? report(control, payload, wanted) : { payload: { status: 'NotSupported' } };
}

/** GetReport (B08): what is named, of components that meet one of the criteria. */
export function getReport(control: Control, payload: Record<string, unknown>): Answer {
  const asked = asList(payload['componentVariable']).map(asRecord);
  const tooMuch = excess('GetReport', asked, payload);
  if (tooMuch) return tooMuch;
  const all = deviceVariables(control);
  const criteria = asList(payload['componentCriteria']).map(String);
  const isNamed = (each: DeviceVariable): boolean =>
    asked.length === 0 ||
    asked.some((one) => {
      const { component, variable } = subject(one);
      return sameComponent(each.component, component) && (variable.name === '' || sameName(each.variable, variable));
    });
  const meets = ({ component }: DeviceVariable): boolean =>
    criteria.length === 0 || criteria.some((criterion) => isSo(control, all, component, criterion));
  return report(
    control,
    payload,
    all.filter((each) => isNamed(each) && meets(each)),
  );
}

/** A component that does not say whether it is there or in use counts as such; one with a problem says so (B08.FR.07 to 10). */
function isSo(control: Control, all: DeviceVariable[], component: ComponentType, criterion: string): boolean {
  const said = all.find((each) => sameComponent(each.component, component) && each.variable.name === criterion);
  return said ? said.read?.(control) === 'true' : criterion !== 'Problem';
}

function report(control: Control, payload: Record<string, unknown>, wanted: DeviceVariable[]): Answer {
  if (wanted.length === 0) return { payload: { status: 'EmptyResultSet' } };
  const requestId = asWhole(payload['requestId']) ?? 0;
  return {
    payload: { status: 'Accepted' },
    followUp: () =>
      control.track(
        tellReport(
          control,
          requestId,
          wanted.map((each) => reportOf(control, each)),
        ),
      ),
  };
}

async function tellReport(control: Control, requestId: number, items: ReportDataType[]): Promise<void> {
  const generatedAt = toUtc(control.clock());
  for (let seqNo = 0; seqNo * REPORT_ITEMS < items.length; seqNo += 1) {
    const reportData = items.slice(seqNo * REPORT_ITEMS, (seqNo + 1) * REPORT_ITEMS);
    const tbc = (seqNo + 1) * REPORT_ITEMS < items.length;
    // one after the other, as a box with little memory does
    await control.send({ action: 'NotifyReport', payload: { requestId, generatedAt, seqNo, tbc, reportData } });
  }
}

function reportOf(control: Control, { component, variable, type, unit, most, values, read, write }: DeviceVariable) {
  const mutability: MutabilityEnumType = !write ? 'ReadOnly' : read ? 'ReadWrite' : 'WriteOnly';
  const value = read?.(control) ?? '';
  return {
    component,
    variable,
    variableAttribute: [{ type: 'Actual', mutability, ...(value !== '' && { value }) }],
    variableCharacteristics: {
      dataType: type,
      supportsMonitoring: false,
      ...(unit !== undefined && { unit }),
      ...(most !== undefined && { maxLimit: most }),
      ...(values !== undefined && { valuesList: values }),
    },
  } satisfies ReportDataType;
}
