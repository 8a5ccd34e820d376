import { chmod, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, delimiter, dirname, join } from "node:path";
import { expect, test, vi } from "vitest";
import { fakeProgram } from "../testing/fake-programs.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { type InstallOptions, installInto } from "./install.ts";

/** The system's own programs, for the fake ones to use. */
const SYSTEM_PATH = ["/bin", "/usr/bin"].join(delimiter);

/** Builds empty programs, and "finds" the sources of Istio in a folder of the test. */
async function setUp(build?: string) {
  const folder = await temporaryFolder();
  const [programs, calls, sources] = [join(folder, "programs"), join(folder, "calls"), join(folder, "sources")];
  const put = (path: string, text: string) => fakeProgram(dirname(join(sources, path)), basename(path), text);
  await put("manifests/charts/base/files/crd-all.gen.yaml", "definitions");
  await put("tools/packaging/common/envoy_bootstrap.json", "{{ .wildcard }}");
  const script = `
PATH=${SYSTEM_PATH}
case "$1" in
  version) echo 'go version go1.26.8 linux/amd64';;
  list) echo '${sources}';;
  build)
    echo "$PWD $*" >> '${calls}'
    for argument in "$@"; do [ "$last" = -o ] && folder="$argument"; last="$argument"; done
    ${build}
    ;;
esac`;
  if (build !== undefined) await fakeProgram(programs, "go", script);
  const parent = join(folder, ".engines");
  return {
    parent,
    install: (options: InstallOptions = {}) => installInto(parent, { PATH: programs }, options),
    builds: async () => (await readFile(calls, "utf8")).trim().split("\n"),
  };
}

const PUT_PROGRAMS = `
case "$PWD" in
  *kubernetes) for name in kube-apiserver kubectl server; do echo "$name" > "$folder/$name"; done;;
  *) for name in pilot-discovery pilot-agent istioctl; do echo "$name" > "$folder/$name"; done;;
esac`;

test("each module is built once, from what its go.mod pins, and named by its version", async () => {
  const { install, builds, parent } = await setUp(PUT_PROGRAMS);
  const progress: string[] = [];
  const first = await install({ onProgress: (text) => progress.push(text) });
  expect(first.version).toMatch(/^1\.31-[0-9a-f]{12}$/);
  expect(first.kubernetesVersion).toMatch(/^1\.37\.\d+$/);
  expect((await readdir(parent)).sort()).toEqual([`istio-${first.version}`, `kubernetes-${first.kubernetesVersion}`]);
  expect(await install()).toEqual(first);
  const [kubernetes, istio, ...more] = await builds();
  expect(more).toEqual([]);
  expect(kubernetes).toContain(`-X k8s.io/component-base/version.gitVersion=v${first.kubernetesVersion}`);
  expect(istio).toContain(`-X istio.io/istio/pkg/version.buildVersion=${first.version}`);
  for (const build of [kubernetes, istio]) expect(build).toMatch(/-mod=readonly -trimpath -buildvcs=false/);
  expect(progress[0]).toMatch(/building Kubernetes' programs .* minutes the first time/);
});

test("every path that is handed out is there, and the proxy's bootstrap listens on loopback only", async () => {
  const { install } = await setUp(PUT_PROGRAMS);
  const { version, kubernetesVersion, ...files } = await install();
  for (const file of Object.values(files)) expect(await readFile(file, "utf8"), file).not.toBe("");
  expect(await readFile(files.crds, "utf8")).toContain("definitions");
  expect(await readFile(files.bootstrapTemplate, "utf8")).toContain("{{ .localhost }}");
});

test("installed programs are taken without Go", async () => {
  const { install, parent } = await setUp(PUT_PROGRAMS);
  const installed = await install();
  expect(await installInto(parent, { PATH: "" }, {})).toEqual(installed);
});

test("a program that is gone is built again, and its module only", async () => {
  const { install, builds } = await setUp(PUT_PROGRAMS);
  const { istioctl } = await install();
  await rm(istioctl);
  await install();
  expect((await builds()).map((build) => basename(build.split(" ")[0] ?? ""))).toEqual([
    "kubernetes",
    "istio",
    "istio",
  ]);
});

test("without Go the error says what to install", async () => {
  const { install } = await setUp();
  await expect(install()).rejects.toMatchObject({ name: "EngineError", code: "GO_MISSING" });
});

test("a failed build says what Go said, not the packages it went through, and leaves nothing behind", async () => {
  const { install, parent } = await setUp("echo k8s.io/api/core/v1 >&2; echo 'missing go.sum entry' >&2; exit 1");
  const refusal = install();
  await expect(refusal).rejects.toMatchObject({ code: "KUBE_BUILD_FAILED" });
  await expect(refusal).rejects.toThrow(/exit code 1\. It said: missing go\.sum entry$/);
  expect(await readdir(parent)).toEqual([]);
});

test("a build of Istio that fails keeps Kubernetes' programs", async () => {
  const { install, parent } = await setUp(`case "$PWD" in *kubernetes) ;; *) exit 1;; esac; ${PUT_PROGRAMS}`);
  await expect(install()).rejects.toMatchObject({ code: "ISTIO_BUILD_FAILED" });
  expect(await readdir(parent)).toEqual([expect.stringMatching(/^kubernetes-/)]);
});

test("a place that may not be written to is named", async () => {
  const { install, parent } = await setUp(PUT_PROGRAMS);
  await writeFile(parent, "a file where the folder should be");
  await chmod(parent, 0o600);
  await expect(install()).rejects.toMatchObject({ code: "KUBE_BUILD_FAILED" });
  await expect(install()).rejects.toThrow(parent);
});

test("an installation that is called off ends Go with what it started, and leaves nothing behind", async () => {
  const { install, parent, builds } = await setUp("sleep 60 & wait");
  const over = new AbortController();
  const refusal = install({ signal: over.signal });
  const expected = expect(refusal).rejects.toThrow("enough");
  await vi.waitFor(async () => expect(await builds()).toHaveLength(1), { timeout: 5_000 });
  over.abort(new Error("enough"));
  await expected;
  expect(await readdir(parent)).toEqual([]);
});
