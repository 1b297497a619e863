import { readFileSync, readdirSync } from "node:fs";

export async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => void setTimeout(resolve, 10));
}

/** Ends this process's child of that entry module as a crash would, once there is one. */
export async function killChild(entry: string): Promise<boolean> {
  for (let attempt = 0; attempt < 200; attempt++) {
    for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
      if (!isChild(pid, entry)) continue;
      process.kill(Number(pid), "SIGKILL");
      return true;
    }
    await new Promise((resolve) => void setTimeout(resolve, 10));
  }
  return false;
}

function isChild(pid: string, entry: string): boolean {
  try {
    const command = readFileSync(`/proc/${pid}/cmdline`, "utf8");
    const parent = / (\d+) /.exec(readFileSync(`/proc/${pid}/stat`, "utf8").replace(/^.*\) \w/, ""))?.[1];
    return command.includes(entry) && parent === String(process.pid);
  } catch {
    return false; // gone by now
  }
}
