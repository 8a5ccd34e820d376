// Prints a compiled file descriptor back to .proto source: as much of the language as buf/validate/validate.proto
// uses. Options of fields and messages are left out: importers of the file do not need them.
import type { DescEnum, DescExtension, DescField, DescFile, DescMessage } from "@bufbuild/protobuf";
import { Edition, FieldDescriptorProto_Label, FieldDescriptorProto_Type } from "@bufbuild/protobuf/wkt";

type Lines = string[];
const indent = (lines: Lines): Lines => lines.map((line) => `  ${line}`);
const block = (head: string, body: Lines): Lines => [`${head} {`, ...indent(body), "}"];

function typeName(field: DescField | DescExtension): string {
  const { type, typeName: reference } = field.proto;
  if (reference) return reference;
  return String(FieldDescriptorProto_Type[type]).toLowerCase();
}

function fieldLine(field: DescField | DescExtension): string {
  const end = `${field.name} = ${field.number};`;
  if (field.kind === "field" && field.fieldKind === "map") {
    const key = String(FieldDescriptorProto_Type[field.mapKey]).toLowerCase();
    const entry = field.message ?? field.enum;
    const value = entry ? `.${entry.typeName}` : String(FieldDescriptorProto_Type[field.scalar ?? 0]).toLowerCase();
    return `map<${key}, ${value}> ${end}`;
  }
  if (field.kind === "field" && field.oneof) return `${typeName(field)} ${end}`;
  const label = String(FieldDescriptorProto_Label[field.proto.label]).toLowerCase();
  return `${label} ${typeName(field)} ${end}`;
}

function enumLines(desc: DescEnum): Lines {
  return block(
    `enum ${desc.name}`,
    desc.values.map((value) => `${value.name} = ${value.number};`),
  );
}

function extensionLines(extensions: readonly DescExtension[]): Lines {
  return extensions.flatMap((ext) => block(`extend .${ext.extendee.typeName}`, [fieldLine(ext)]));
}

function messageLines(desc: DescMessage): Lines {
  const body: Lines = [];
  for (const member of desc.members) {
    if (member.kind === "oneof") body.push(...block(`oneof ${member.name}`, member.fields.map(fieldLine)));
    else body.push(fieldLine(member));
  }
  for (const range of desc.proto.extensionRange) {
    const last = range.end >= 536_870_912 ? "max" : String(range.end - 1);
    body.push(`extensions ${range.start} to ${last};`);
  }
  body.push(...desc.nestedEnums.flatMap(enumLines));
  const written = desc.nestedMessages.filter((nested) => !nested.proto.options?.mapEntry);
  body.push(...written.flatMap(messageLines), ...extensionLines(desc.nestedExtensions));
  return block(`message ${desc.name}`, body);
}

/** Returns .proto source with the meaning of `file`, its options and comments apart. Throws for other than proto2. */
export function printProto(file: DescFile): string {
  if (file.edition !== Edition.EDITION_PROTO2) throw new Error(`${file.name}: only proto2 files are printed`);
  return [
    'syntax = "proto2";',
    `package ${file.proto.package};`,
    ...file.dependencies.map((dependency) => `import "${dependency.name}.proto";`),
    ...file.enums.flatMap(enumLines),
    ...file.messages.flatMap(messageLines),
    ...extensionLines(file.extensions),
    "",
  ].join("\n");
}
