import { Refusal } from "../../kernel/errors.ts";
import type { Id } from "../../kernel/ids.ts";
import { getModel, sampleInput } from "../../models/index.ts";
import { deploy, getEndpoint, listEndpoints, listReleases, retire, rollBack } from "../../serve/index.ts";
import type { Endpoint, Release } from "../../serve/index.ts";
import { type Command, argument } from "../command.ts";
import { resolveModel } from "../names.ts";
import { table } from "../terminal.ts";
import { pageLimit, percent, when } from "../words.ts";

const roles = ["champion", "challenger", "shadow"] as const;

export const endpointDeploy: Command = {
  name: "endpoint deploy",
  summary: "put a model behind a stable name: champion, challenger with a share, or shadow",
  args: ["ENDPOINT", "MODEL"],
  options: {
    role: { type: "text", help: "champion (default), challenger or shadow" },
    share: { type: "text", help: "a challenger's or shadow's share: 10%" },
    reason: { type: "text", help: "why, for the history" },
  },
  example: "millrace endpoint deploy spam-filter latest",
  async run(invocation) {
    const { store, clock } = await invocation.world.open();
    const endpoint = argument(invocation, 0, "endpoint's name");
    const model = await resolveModel(store, argument(invocation, 1, "model"));
    const role = parseRole(invocation.text("role") ?? "champion");
    const { task } = await getModel(store, model);
    const reason = invocation.text("reason");
    const common = { endpoint, model, nowMs: clock.now(), ...(reason ? { reason } : {}) };
    const release = await deploy(
      store,
      role === "champion" ? { ...common, role } : { ...common, role, share: parseShare(invocation.text("share")) },
    );
    return {
      data: release,
      text: `${model} is ${role} of ${endpoint} now.\n  release ${release.id}\n`,
      next: [
        "millrace serve",
        task === "language-model"
          ? `millrace generate ${endpoint} --prompt ${sampleInput(task)}`
          : `millrace predict ${endpoint} ${sampleInput(task)}`,
        `millrace endpoint roll-back ${endpoint}`,
      ],
    };
  },
};

function parseRole(text: string): (typeof roles)[number] {
  const role = roles.find((candidate) => candidate === text);
  if (role) return role;
  throw new Refusal("invalid_request", `A role is champion, challenger or shadow, not "${text}".`, { param: "role" });
}

function parseShare(text: string | undefined): number {
  const match = /^(\d{1,3}(?:\.\d+)?)%$/.exec(text ?? "");
  const share = match ? Number(match[1]) / 100 : Number.NaN;
  if (share > 0 && share <= 1) return share;
  throw new Refusal("invalid_request", "A challenger and a shadow need --share, like --share 10%.", { param: "share" });
}

export const endpointRollBack: Command = {
  name: "endpoint roll-back",
  summary: "make the champion before this one champion again",
  args: ["ENDPOINT"],
  options: { reason: { type: "text", help: "why, for the history" } },
  async run(invocation) {
    const { store, clock } = await invocation.world.open();
    const endpoint = argument(invocation, 0, "endpoint's name");
    const reason = invocation.text("reason");
    const release = await rollBack(store, { endpoint, nowMs: clock.now(), ...(reason ? { reason } : {}) });
    return { data: release, text: `${release.model} is champion of ${endpoint} again.\n  release ${release.id}\n` };
  },
};

export const endpointRetire: Command = {
  name: "endpoint retire",
  summary: "end a challenger or a shadow",
  args: ["ENDPOINT", "RELEASE"],
  options: {},
  async run(invocation) {
    const { store, clock } = await invocation.world.open();
    const endpoint = argument(invocation, 0, "endpoint's name");
    const release = await retire(store, {
      endpoint,
      release: argument(invocation, 1, "release") as Id<"release">,
      nowMs: clock.now(),
    });
    return { data: release, text: `${endpoint}: ${release.id} is retired.\n` };
  },
};

export const endpointList: Command = {
  name: "endpoint list",
  summary: "endpoints and their champions",
  args: [],
  options: { limit: { type: "text", help: "how many (default 20)" } },
  async run(invocation) {
    const { store } = await invocation.world.open();
    const endpoints = await listEndpoints(store, { limit: pageLimit(invocation) });
    return {
      data: endpoints,
      text: table(["endpoint", "champion", "since (UTC)", "beside it"], endpoints.map(endpointRow)),
    };
  },
};

function endpointRow({ name, champion, challengers, shadows }: Endpoint): string[] {
  const beside = [...challengers, ...shadows].map(({ state, share }) => `${state} ${percent(share, 0)}`);
  return [name, champion.model, when(champion.deployedAtMs), beside.join(", ") || "nothing"];
}

export const endpointShow: Command = {
  name: "endpoint show",
  summary: "an endpoint with the history of its releases",
  args: ["ENDPOINT"],
  options: {},
  async run(invocation) {
    const { store } = await invocation.world.open();
    const endpoint = await getEndpoint(store, argument(invocation, 0, "endpoint's name"));
    const releases = await listReleases(store, { endpoint: endpoint.name, limit: 20 });
    return {
      data: { endpoint, releases },
      text: releases.map(releaseLines).join(""),
    };
  },
};

function releaseLines(release: Release): string {
  const retired = release.state === "retired";
  const until = retired ? `to ${when(release.retiredAtMs)} UTC` : "UTC, live";
  const role = retired ? release.was : release.state;
  const share = "share" in release && role !== "champion" ? ` ${percent(release.share, 0)}` : "";
  return [
    `${release.id}  ${role}${share}, ${when(release.deployedAtMs)} ${until}`,
    `  ${release.model}  ${release.reason}\n`,
  ].join("\n");
}
