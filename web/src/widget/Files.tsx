import { useState } from "react";
import type { WireFile } from "../shared/wire";

/** Photos, videos and documents of a message; a photo enlarges when touched. */
export function Files({ files }: { files: WireFile[] }) {
  const [large, setLarge] = useState<WireFile | null>(null);
  if (!files.length) return null;
  return (
    <div className="files">
      {files.map((file) =>
        file.kind === "image" ? (
          <button key={file.file_id} type="button" aria-label="查看大图" onClick={() => setLarge(file)}>
            <img src={file.url} alt={file.name} loading="lazy" />
          </button>
        ) : file.kind === "video" ? (
          <video key={file.file_id} src={file.url} controls preload="metadata" />
        ) : (
          <a key={file.file_id} className="file" href={file.url}>
            📄 {file.name}
          </a>
        ),
      )}
      {large && (
        <button type="button" className="lightbox" aria-label="关闭大图" onClick={() => setLarge(null)}>
          <img src={large.url} alt={large.name} />
        </button>
      )}
    </div>
  );
}
