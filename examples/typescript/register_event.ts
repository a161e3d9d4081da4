// A script that registers an event with 50 MoUs, and may be run again without harm.
//
// What it keeps in its own files has keys there ("row 7"); PUT by-ref makes the record at the first run and replaces it
// at later ones. The MoUs go in one batch: all of them are registered, or none.

import { api, check, taken } from "./api.ts";
import type { components } from "./schema.ts";

const source = "example-typescript";
const day = "2026-11-20";
const rows = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

const event = taken(
  await api.PUT("/v1/events/by-ref/{source}/{ref}", {
    params: { path: { source, ref: "conference" } },
    body: {
      name: "Hội nghị kết nối cung cầu Cần Thơ 2026, phiên trực tuyến (minh họa)",
      kind: "supply_demand_conference",
      starts_on: day,
      province: "92",
      status: "held",
      illustrative: true,
    },
  }),
);

const producers: string[] = [];
for (const row of rows(25)) {
  const producer = taken(
    await api.PUT("/v1/producers/by-ref/{source}/{ref}", {
      params: { path: { source, ref: `producer-${row}` } },
      body: {
        name: `Hợp tác xã Gạo thơm số ${row} (minh họa)`,
        legal_form: "cooperative",
        province: "92",
        producer: { kind: "cooperative" },
        illustrative: true,
      },
    }),
  );
  producers.push(producer.id);
}
const distributors: string[] = [];
for (const row of rows(2)) {
  const distributor = taken(
    await api.PUT("/v1/buyers/by-ref/{source}/{ref}", {
      params: { path: { source, ref: `distributor-${row}` } },
      body: {
        name: `Nhà phân phối gạo số ${row} (minh họa)`,
        legal_form: "joint_stock_company",
        province: "92",
        buyer: { kind: "distributor" },
        illustrative: true,
      },
    }),
  );
  distributors.push(distributor.id);
}

const items = distributors.flatMap((buyer) =>
  producers.map(
    (producer): components["schemas"]["NewMou"] => ({
      title: "Biên bản ghi nhớ tiêu thụ gạo thơm (minh họa)",
      status: "signed",
      signed_on: day,
      effective_until: "2027-11-20",
      event_id: event.id,
      illustrative: true,
      parties: [
        { organisation_id: producer, side: "a", capacity: "producer" },
        { organisation_id: buyer, side: "b", capacity: "buyer" },
      ],
      commitments: [{ description: "gạo thơm", quantity: "5", unit: "TAN", period: "month" }],
    }),
  ),
);
// A script that lost the answer sends the same again under the same key, and gets the answer that it lost.
for (const replayed of [null, "true"]) {
  const answer = await api.POST("/v1/mous/batch", {
    params: { header: { "Idempotency-Key": `${source}-mous` } },
    body: { items },
  });
  const result = taken(answer);
  check(result.created === 50 && result.failed === 0, JSON.stringify(result));
  check(replayed === null || answer.response.headers.get("Idempotency-Replayed") === replayed, "the second is a replay");
}

const summary = taken(
  await api.GET("/v1/events/{id}/summary", { params: { path: { id: event.id }, query: { as_of: day } } }),
);
check(summary.signed === 50, JSON.stringify(summary));
check(summary.producers === 25 && summary.distributors === 2, JSON.stringify(summary));
console.log(`${event.name}: ${summary.signed} MoUs`);
