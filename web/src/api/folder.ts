import type { FolderFile } from "./pack-folder.ts";

/** A folder that was chosen: its name, and what is in it but hidden files. */
export function chosenFolder(list: Iterable<File>): { readonly name: string; readonly files: readonly FolderFile[] } {
  const files = [...list].map((file) => {
    const [root = "", ...rest] = file.webkitRelativePath.split("/");
    return { root, path: rest.join("/"), file };
  });
  return { name: files[0]?.root ?? "", files: seen(files) };
}

const seen = (files: readonly FolderFile[]): readonly FolderFile[] =>
  files
    .filter(({ path }) => path !== "" && !path.split("/").some((step) => step.startsWith(".")))
    .toSorted((a, b) => (a.path < b.path ? -1 : 1));

/** The same of a folder that was dropped; to be asked for while the drop is heard, and waited for after it. */
export async function droppedFolder(
  root: FileSystemDirectoryEntry,
): Promise<{ readonly name: string; readonly files: readonly FolderFile[] }> {
  const files: FolderFile[] = [];
  await walk(root, "", files);
  return { name: root.name, files: seen(files) };
}

async function walk(folder: FileSystemDirectoryEntry, path: string, into: FolderFile[]): Promise<void> {
  const reader = folder.createReader();
  for (;;) {
    // a call gives some of the entries, and none when it has given all
    const entries = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (entries.length === 0) return;
    for (const entry of entries) {
      const at = path === "" ? entry.name : `${path}/${entry.name}`;
      if (isFolder(entry)) await walk(entry, at, into);
      else if (isFile(entry)) {
        into.push({ path: at, file: await new Promise<File>((resolve, reject) => entry.file(resolve, reject)) });
      }
    }
  }
}

export const isFolder = (entry: FileSystemEntry): entry is FileSystemDirectoryEntry => entry.isDirectory;
const isFile = (entry: FileSystemEntry): entry is FileSystemFileEntry => entry.isFile;
