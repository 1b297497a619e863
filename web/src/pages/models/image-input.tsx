import { FileInput } from "@mantine/core";
import { useText } from "../../i18n/text.ts";

/** A PNG or JPEG from the reader's disk, as a data URL. */
export function ImageInput({ onChange }: { readonly onChange: (dataUrl: string) => void }) {
  const { t } = useText();
  const read = (file: File | null): void => {
    if (!file) return onChange("");
    const reader = new FileReader();
    reader.addEventListener("load", () => onChange(typeof reader.result === "string" ? reader.result : ""));
    reader.readAsDataURL(file);
  };
  return <FileInput label={t("playground.image")} accept="image/png,image/jpeg" clearable onChange={read} />;
}
