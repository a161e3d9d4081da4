// Where the server is, and how its answers are taken: shared by the examples.
//
// CUNGCAU_URL is the server, CUNGCAU_KEY a key for it. The types are generated from the API document:
//
//     openapi-typescript openapi/openapi.json -o schema.ts

import createClient from "openapi-fetch";
import type { components, paths } from "./schema.ts";

type Problem = components["schemas"]["Problem"];

export const api = createClient<paths>({
  baseUrl: process.env.CUNGCAU_URL,
  headers: { Authorization: `Bearer ${process.env.CUNGCAU_KEY}` },
});

/** The body of an answer; a problem ends the program with every fault that it names. */
export function taken<Body>(answer: { data?: Body; error?: Problem }): Body {
  if (answer.error !== undefined) {
    const faults = (answer.error.errors ?? []).map((fault) => `${fault.pointer}: ${fault.detail}`);
    throw new Error([`${answer.error.status} ${answer.error.detail}`, ...faults].join("\n"));
  }
  if (answer.data === undefined) throw new Error("an answer without a body");
  return answer.data;
}

export function check(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(what);
}
