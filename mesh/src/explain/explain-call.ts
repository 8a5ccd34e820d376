// What is in effect for one call, where each value comes from, and what bare Envoy would do instead.
import type { EffectiveField } from "../model/effective.ts";
import { type EffectiveCall, valuesOf } from "../model/effective.ts";
import { effectiveFields, formatValue, hasEffect, labelOf } from "../model/format-effective.ts";
import type { Mesh } from "../model/mesh.ts";
import { resolveEffective } from "../model/resolve-effective.ts";
import { describeSource, type Source } from "../model/source.ts";
import { bareEnvoy, besidesValues } from "./bare-envoy.ts";
import { findCaller, findMethodByName } from "./find-call.ts";
import { describeWorstCase, type WorstCase, worstCase } from "./worst-case.ts";

export interface ExplainedField {
  readonly field: EffectiveField;
  readonly label: string;
  readonly value: EffectiveCall["effective"][EffectiveField]["value"];
  readonly shown: string;
  readonly source: Source;
  readonly from: string;
  /** As shown; absent where bare Envoy would do the same. */
  readonly bareEnvoy?: string;
}

export interface Explanation {
  readonly caller: string;
  readonly service: string;
  readonly method: string;
  readonly environment: string;
  readonly istio: string;
  /** Fields that mean nothing beside the other values are left out: a back-off without retries. */
  readonly fields: readonly ExplainedField[];
  readonly worstCase: WorstCase;
  readonly summary: string;
  readonly notes: readonly string[];
}

/**
 * @param caller a workload's name
 * @param method see findMethodByName
 * @throws UsageError for names that the mesh does not have
 */
export function explainCall(mesh: Mesh, caller: string, method: string): Explanation {
  const known = findCaller(mesh, caller);
  const { service, name } = findMethodByName(mesh, method);
  const { effective } = resolveEffective(mesh, known, service, name);
  const values = valuesOf(effective);
  const explained = <Field extends EffectiveField>(field: Field): ExplainedField => {
    const { value, source } = effective[field];
    const shown = formatValue(field, values[field]);
    const bare = formatValue(field, bareEnvoy[field]);
    return {
      field,
      label: labelOf(field),
      value,
      shown,
      source,
      from: describeSource(source),
      ...(bare !== shown && { bareEnvoy: bare }),
    };
  };
  const worst = worstCase(values);
  return {
    caller: known,
    service,
    method: name,
    environment: mesh.environment,
    istio: mesh.settings.value.istio,
    fields: effectiveFields.filter((field) => hasEffect(field, values)).map(explained),
    worstCase: worst,
    summary: values.allowed
      ? describeWorstCase(worst)
      : "the call is denied: PERMISSION_DENIED, nothing of it reaches the service",
    notes: besidesValues(values),
  };
}
