#!/usr/bin/env node
// The command line of the mesh tool.
import { enableCompileCache } from "node:module";

// Half of the time that a short command takes goes into compiling; the cache has to be on before the rest is loaded.
enableCompileCache();
await import("./program.ts");
