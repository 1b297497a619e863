import { Button, Progress } from "@mantine/core";
import { type DragEvent, useEffect, useRef, useState } from "react";
import { chosenFolder, droppedFolder, isFolder } from "../../../api/folder.ts";
import { type FolderFile, packFolder } from "../../../api/pack-folder.ts";
import { uploadFile } from "../../../api/upload.ts";
import { useText } from "../../../i18n/text.ts";
import { FormError } from "../../../ui/form-error.tsx";
import { Icon } from "../../../ui/icon.tsx";
import { Panel, Stack } from "../../../ui/panel.tsx";
import styles from "./import.module.css";

/** A file or a folder by a click or dropped here; its bytes go to the server at once. */
export function ChooseFile({ onDone }: { readonly onDone: (upload: string) => void }) {
  const { t, format } = useText();
  const [file, setFile] = useState<File>();
  const [share, setShare] = useState(0);
  const [error, setError] = useState<unknown>();
  const [isOver, setOver] = useState(false);
  const sending = useRef<AbortController>(undefined);
  useEffect(() => () => sending.current?.abort(), []);
  const begin = async (chosen: File | undefined): Promise<void> => {
    if (!chosen) return;
    const { signal } = (sending.current = new AbortController());
    setError(undefined);
    setShare(0);
    setFile(chosen);
    try {
      const { id } = await uploadFile(chosen, { signal, onProgress: setShare });
      sending.current = undefined; // it has arrived: leaving the page keeps it
      onDone(id);
    } catch (failure) {
      if (!signal.aborted) setError(failure);
      setFile(undefined);
    }
  };
  const beginFolder = ({ name, files }: { readonly name: string; readonly files: readonly FolderFile[] }): void => {
    if (files.length > 0) void begin(packFolder(name, files));
    else setError(new Error(t("import.empty_folder")));
  };
  const dropped = (event: DragEvent): void => {
    event.preventDefault();
    setOver(false);
    const entry = event.dataTransfer.items[0]?.webkitGetAsEntry();
    if (entry && isFolder(entry)) droppedFolder(entry).then(beginFolder, setError);
    else void begin(event.dataTransfer.files[0]);
  };
  const over = (event: DragEvent): void => {
    event.preventDefault();
    setOver(true);
  };
  if (file) {
    return (
      <Panel title={t("import.sending", { name: file.name })}>
        <Stack>
          <Progress value={share * 100} aria-label={t("import.progress")} />
          <p role="status">{t("import.sent", { share: format.percent(share, 0), size: format.bytes(file.size) })}</p>
          <Button variant="default" className={styles["start"] ?? ""} onClick={() => sending.current?.abort()}>
            {t("action.cancel")}
          </Button>
        </Stack>
      </Panel>
    );
  }
  return (
    <Stack>
      <label
        className={styles["drop"]}
        data-over={isOver}
        onDragOver={over}
        onDragLeave={() => setOver(false)}
        onDrop={dropped}
      >
        <Icon name="file" size={32} />
        <strong>{t("import.drop")}</strong>
        <span>{t("import.formats")}</span>
        <input
          type="file"
          accept=".csv,.tsv,.jsonl,.ndjson,.json,.parquet,.txt,.mbox,.tar"
          onChange={(event) => void begin(event.currentTarget.files?.[0])}
        />
      </label>
      <label className={styles["folder"]}>
        <Icon name="file" size={16} />
        {t("import.choose_folder")}
        <input
          type="file"
          multiple
          ref={(input) => input?.setAttribute("webkitdirectory", "")}
          onChange={(event) => beginFolder(chosenFolder(event.currentTarget.files ?? []))}
        />
      </label>
      <FormError error={error} />
      <p className={styles["dim"]}>{t("import.folders")}</p>
    </Stack>
  );
}
