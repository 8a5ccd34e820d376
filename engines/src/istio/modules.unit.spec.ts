import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { istioModule, kubernetesModule, requiredVersion } from "./modules.ts";

test("a version is found in a block and on a line of its own, and is not that of a replacement", () => {
  const goMod = [
    "require k8s.io/kubernetes v1.37.2",
    "require (",
    "\tk8s.io/api v0.37.2 // indirect",
    ")",
    "replace (",
    "\tk8s.io/kubectl => k8s.io/kubectl v0.37.2",
    ")",
  ].join("\n");
  expect(requiredVersion(goMod, "k8s.io/kubernetes")).toBe("v1.37.2");
  expect(requiredVersion(goMod, "k8s.io/api")).toBe("v0.37.2");
  expect(() => requiredVersion(goMod, "k8s.io/kubectl")).toThrow("no requirement of k8s.io/kubectl");
});

test("Istio's version names the release and the commit", () => {
  expect(istioModule.versionOf("v0.0.0-20260827124520-eed52ebb66ad")).toBe("1.31-eed52ebb66ad");
});

test("Kubernetes' programs are told their version, whole and in parts", () => {
  expect(kubernetesModule.linkerFlags(kubernetesModule.versionOf("v1.37.2"))).toEqual([
    "-X k8s.io/component-base/version.gitVersion=v1.37.2",
    "-X k8s.io/component-base/version.gitMajor=1",
    "-X k8s.io/component-base/version.gitMinor=37",
  ]);
});

// The API server is made of modules that are released together, and its go.mod names them without versions.
test("all parts of Kubernetes have one version, and etcd is the one that it is made for", async () => {
  const goMod = await readFile(join(kubernetesModule.folder, "go.mod"), "utf8");
  const version = kubernetesModule.versionOf(requiredVersion(goMod, kubernetesModule.leader));
  const parts = [...goMod.matchAll(/^\t(\S+) => (\S+) v(\S+)$/gm)];
  expect(parts.length).toBeGreaterThan(20);
  for (const [, from, to, part] of parts) expect([to, part]).toEqual([from, `0.${version.slice(2)}`]);
  const etcd = requiredVersion(goMod, "go.etcd.io/etcd/server/v3");
  expect(etcd).toBe(requiredVersion(goMod, "go.etcd.io/etcd/client/v3"));
});
