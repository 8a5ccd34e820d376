// Writes docs/mesh-calibration.md from the runs of `mesh verify --measured`:
//   node mesh/src/simulate/write-calibration.ts MEASURED.json docs/mesh-calibration.md "Envoy 1.40.0, 2 processors"
// Ends with 1 when a figure does not hold.
import { writeFile } from "node:fs/promises";
import { openMesh } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { failureOf } from "../output/report-error.ts";
import { calibrate } from "./calibrate.ts";
import { calibrationDocument } from "./calibration-document.ts";
import { readMeasured } from "./read-measured.ts";

const [measured, document, proxies = "real Envoys"] = process.argv.slice(2);
if (measured === undefined || document === undefined) {
  console.error("two files are needed: the runs that mesh verify wrote, and the document to write");
  process.exitCode = exitCodes.usage;
} else {
  try {
    const mesh = await openMesh({ json: false });
    const calibrations = (await readMeasured(mesh, measured)).map(calibrate);
    await writeFile(document, calibrationDocument(calibrations, proxies));
    const astray = calibrations.filter(({ holds }) => !holds).map(({ name }) => name);
    console.log(astray.length === 0 ? `${document}: all hold` : `${document}: astray: ${astray.join(", ")}`);
    process.exitCode = astray.length === 0 ? exitCodes.ok : exitCodes.found;
  } catch (error) {
    const { message, exitCode } = failureOf(error);
    console.error(message);
    process.exitCode = exitCode;
  }
}
