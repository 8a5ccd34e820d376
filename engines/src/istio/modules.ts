import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { EngineErrorCode } from "../engine-error.ts";

const FOLDER = fileURLToPath(new URL("../../istio", import.meta.url));

/** The release that the pinned commit is of: its VERSION file, which the module's version does not tell. */
const ISTIO_RELEASE = "1.31";

/** A Go module of this package that pins programs: by the `tool` lines of its go.mod, and its go.sum. */
export interface PinnedModule {
  readonly folder: string;
  /** For people. */
  readonly what: string;
  readonly failure: EngineErrorCode;
  /** The module whose version is that of the whole. */
  readonly leader: string;
  /** What the binaries are told that they are, and what their folder is called. */
  readonly versionOf: (leaderVersion: string) => string;
  readonly linkerFlags: (version: string) => readonly string[];
  /** How long a build takes on two cores, with an empty build cache; half a minute with a warm one. */
  readonly usually: string;
}

export const istioModule: PinnedModule = {
  folder: join(FOLDER, "istio"),
  what: "Istio's programs (istiod, pilot-agent, istioctl)",
  failure: "ISTIO_BUILD_FAILED",
  leader: "istio.io/istio",
  versionOf: (leaderVersion) => `${ISTIO_RELEASE}-${leaderVersion.split("-").at(-1)}`,
  // istiod makes configuration for the version that a proxy says it has; "unknown" would be the newest there is.
  linkerFlags: (version) => [`-X istio.io/istio/pkg/version.buildVersion=${version}`],
  usually: "about 8 minutes",
};

export const kubernetesModule: PinnedModule = {
  folder: join(FOLDER, "kubernetes"),
  what: "Kubernetes' programs (kube-apiserver, kubectl, etcd)",
  failure: "KUBE_BUILD_FAILED",
  leader: "k8s.io/kubernetes",
  versionOf: (leaderVersion) => leaderVersion.slice(1),
  // kubectl cannot parse the version of a server that was built without one.
  linkerFlags: (version) => {
    const [major, minor] = version.split(".");
    const set = (name: string, value: string | undefined) => `-X k8s.io/component-base/version.${name}=${value}`;
    return [set("gitVersion", `v${version}`), set("gitMajor", major), set("gitMinor", minor)];
  },
  usually: "about 8 minutes",
};

/** The version in which the go.mod requires the module. */
export function requiredVersion(goMod: string, module: string): string {
  for (const line of goMod.split("\n")) {
    const [path, version] = line
      .trim()
      .replace(/^require /, "")
      .split(" ");
    if (path === module && version?.startsWith("v")) return version;
  }
  throw new Error(`no requirement of ${module} in the go.mod`);
}
