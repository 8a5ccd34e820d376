import { readFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { parseAllDocuments } from "yaml";
import { z } from "zod";
import { EngineError } from "../engine-error.ts";
import type { ServerApi } from "./server-api.ts";

const PATH = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const TIMEOUT_MS = 30_000;
const PAUSE_MS = 25;

const definitionShape = z.looseObject({ kind: z.literal("CustomResourceDefinition") });
const conditionShape = z.object({ type: z.string(), status: z.string() });
// Null until the server has looked at it.
const statusShape = z.object({ conditions: z.array(conditionShape).nullish() });
const listShape = z.object({ items: z.array(z.object({ status: statusShape })) });

/** @param file Istio's CustomResourceDefinitions, YAML */
export async function readDefinitions(file: string): Promise<readonly object[]> {
  const documents = parseAllDocuments(await readFile(file, "utf8")).map((document) => document.toJS() as unknown);
  return documents.filter((document) => document !== null).map((document) => definitionShape.parse(document));
}

/**
 * Gives the API server its kinds of resources, and resolves when it serves them: a third of the time that kubectl takes.
 * @throws EngineError CONTROL_PLANE_START_FAILED
 */
export async function define(api: ServerApi, definitions: readonly object[]): Promise<void> {
  const answers = await Promise.all(definitions.map((definition) => api.post(PATH, definition)));
  const refused = answers.find(({ status }) => status !== 201);
  if (refused !== undefined) throw failure("the API server refuses one of Istio's definitions", refused.body);
  for (const deadline = Date.now() + TIMEOUT_MS; ; await delay(PAUSE_MS)) {
    const { body } = await api.get(PATH);
    const waiting = listShape
      .parse(body)
      .items.filter(
        ({ status }) => !status.conditions?.some(({ type, status }) => type === "Established" && status === "True"),
      );
    if (waiting.length === 0) return;
    if (Date.now() > deadline)
      throw failure(`Istio's definitions are not served after ${TIMEOUT_MS / 1000} s`, waiting);
  }
}

function failure(message: string, details: unknown): EngineError {
  return new EngineError("CONTROL_PLANE_START_FAILED", `${message}: ${JSON.stringify(details)}`);
}
