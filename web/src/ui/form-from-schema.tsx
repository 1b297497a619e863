import { Checkbox, NativeSelect, NumberInput, TextInput } from "@mantine/core";
import { Stack } from "./panel.tsx";

/** As much of JSON Schema as settings are made of: an object of numbers, texts, choices and switches, and objects of those. */
export interface FieldSchema {
  readonly type?: string | readonly string[];
  readonly title?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly (string | number)[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, FieldSchema>>;
  readonly required?: readonly string[];
}

export type FieldValues = Readonly<Record<string, unknown>>;

interface FormFromSchemaProps {
  readonly schema: FieldSchema;
  readonly values: FieldValues;
  readonly onChange: (values: FieldValues) => void;
}

/** Fields for a schema; what a field does not say keeps its default. A field left empty is left out of the values. */
export function FormFromSchema({ schema, values, onChange }: FormFromSchemaProps) {
  const fields = Object.entries(schema.properties ?? {});
  const set = (name: string, value: unknown): void => {
    const { [name]: _before, ...others } = values;
    onChange(value === undefined ? others : { ...others, [name]: value });
  };
  return (
    <Stack>
      {fields.map(([name, field]) => (
        <Field
          key={name}
          name={name}
          schema={field}
          required={schema.required?.includes(name) === true && field.default === undefined}
          value={values[name]}
          onChange={(value) => set(name, value)}
        />
      ))}
    </Stack>
  );
}

interface FieldProps {
  readonly name: string;
  readonly schema: FieldSchema;
  readonly required: boolean;
  readonly value: unknown;
  readonly onChange: (value: unknown) => void;
}

function Field({ name, schema, required, value, onChange }: FieldProps) {
  const label = schema.title ?? name.replaceAll("_", " ");
  const shared = { label, description: schema.description, required };
  const kind = Array.isArray(schema.type) ? schema.type.find((type) => type !== "null") : schema.type;
  const fallback = schema.default === undefined ? "" : `${schema.default}`;
  if (schema.enum) {
    const choices = [...(required ? [] : [{ value: "", label: fallback || "–" }]), ...schema.enum.map(choice)];
    return (
      <NativeSelect
        {...shared}
        data={choices}
        value={String((value as string | number | undefined) ?? "")}
        onChange={(event) => onChange(schema.enum?.find((each) => String(each) === event.currentTarget.value))}
      />
    );
  }
  if (kind === "boolean") {
    return (
      <Checkbox
        label={label}
        description={schema.description}
        checked={(value ?? schema.default ?? false) === true}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
    );
  }
  if (kind === "integer" || kind === "number") {
    return (
      <NumberInput
        {...shared}
        {...(schema.minimum === undefined ? {} : { min: schema.minimum })}
        {...(schema.maximum === undefined ? {} : { max: schema.maximum })}
        allowDecimal={kind === "number"}
        placeholder={fallback}
        value={(value as number | undefined) ?? ""}
        onChange={(next) => onChange(typeof next === "number" ? next : undefined)}
      />
    );
  }
  if (kind === "object" && schema.properties) {
    return (
      <fieldset>
        <legend>{label}</legend>
        <FormFromSchema schema={schema} values={(value ?? {}) as FieldValues} onChange={onChange} />
      </fieldset>
    );
  }
  return (
    <TextInput
      {...shared}
      placeholder={fallback}
      value={(value as string | undefined) ?? ""}
      onChange={(event) => onChange(event.currentTarget.value || undefined)}
    />
  );
}

const choice = (value: string | number) => ({ value: String(value), label: String(value) });
