// An officer follows one MoU up: drafted, agreed, signed, noted, and read again as it was before.

import { api, check, taken } from "./api.ts";

const producers = taken(await api.GET("/v1/producers", { params: { query: { province: "92", limit: 1 } } }));
const buyers = taken(await api.GET("/v1/buyers", { params: { query: { limit: 1 } } }));
const [producer, buyer] = [producers.items[0], buyers.items[0]];
check(producer !== undefined && buyer !== undefined, "a register with a producer and a buyer");

const { id } = taken(
  await api.POST("/v1/mous", {
    body: {
      title: "Biên bản ghi nhớ cung ứng gạo (minh họa)",
      status: "draft",
      illustrative: true,
      parties: [
        { organisation_id: producer.id, side: "a", capacity: "producer" },
        { organisation_id: buyer.id, side: "b", capacity: "buyer" },
      ],
    },
  }),
);
const path = { id };

// Who changes a record says which version was read; a colleague's change in between is not overwritten.
const read = await api.GET("/v1/mous/{id}", { params: { path } });
const header = { "If-Match": read.response.headers.get("ETag") ?? "" };
const change = () =>
  api.PATCH("/v1/mous/{id}", {
    params: { path, header },
    body: { title: "Biên bản ghi nhớ cung ứng gạo đặc sản (minh họa)" },
    headers: { "Content-Type": "application/merge-patch+json" },
  });
taken(await change());
const late = await change();
check(late.response.status === 412, "the version that was read is not the current one any more");

let number: string | null | undefined;
for (const [to, on] of [["proposed", "2026-11-02"], ["agreed", "2026-11-09"], ["signed", "2026-11-20"]] as const) {
  const decided = taken(await api.POST("/v1/mous/{id}/transitions", { params: { path }, body: { to, on } }));
  check(decided.status === to, JSON.stringify(decided));
  number = decided.number;
}
check(typeof number === "string", "signing gives the number");

const text = "Đã giao chuyến hàng đầu tiên.";
const noted = taken(await api.POST("/v1/mous/{id}/notes", { params: { path }, body: { on: "2026-11-24", text } }));
check(noted.notes?.length === 1 && noted.notes[0]?.text === text, JSON.stringify(noted.notes));

const history = taken(await api.GET("/v1/mous/{id}/history", { params: { path } })).items;
check(history.map((entry) => entry.version).join() === "1,2,3,4,5,6", JSON.stringify(history));
const at = history[0]?.recorded_at ?? "";
const before = taken(await api.GET("/v1/mous/{id}", { params: { path, query: { at } } }));
check(before.status === "draft", "as the register knew it then");
console.log(`${number}: ${noted.transitions?.map((step) => step.to).join(" → ")}; ${history.length} versions`);
