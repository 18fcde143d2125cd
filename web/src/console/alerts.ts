import { useCallback, useRef, useState } from "react";

const KEPT = "anxin:alerts";

interface Settings {
  desktop: boolean;
  sound: boolean;
}

const kept = (): Settings => ({ desktop: false, sound: true, ...JSON.parse(localStorage.getItem(KEPT) ?? "{}") });

/** Desktop notifications and a short sound. Permission is asked for by the switch alone, never by the page. */
export function useAlerts(say: (text: string) => void) {
  const [settings, setSettings] = useState(kept);
  const now = useRef(settings);
  now.current = settings;
  const sounds = useRef<AudioContext | null>(null);

  const keep = useCallback((next: Settings) => {
    localStorage.setItem(KEPT, JSON.stringify(next));
    setSettings(next);
  }, []);

  const setDesktop = useCallback(
    async (on: boolean) => {
      if (!on) return keep({ ...now.current, desktop: false });
      if (!("Notification" in window)) return say("这个浏览器没有桌面提醒");
      const allowed = await Notification.requestPermission();
      if (allowed !== "granted") say("浏览器不允许桌面提醒，请在地址栏旁的网站设置里打开");
      keep({ ...now.current, desktop: allowed === "granted" });
    },
    [keep, say],
  );

  const play = useCallback((urgent: boolean) => {
    sounds.current ??= new AudioContext();
    const audio = sounds.current;
    if (audio.state === "suspended") void audio.resume().catch(() => undefined);
    (urgent ? [880, 1175, 880] : [880, 1175]).forEach((pitch, place) => {
      const tone = audio.createOscillator();
      const volume = audio.createGain();
      const from = audio.currentTime + place * 0.14;
      tone.frequency.value = pitch;
      volume.gain.setValueAtTime(0.0001, from);
      volume.gain.exponentialRampToValueAtTime(0.12, from + 0.02);
      volume.gain.exponentialRampToValueAtTime(0.0001, from + 0.13);
      tone.connect(volume).connect(audio.destination);
      tone.start(from);
      tone.stop(from + 0.14);
    });
  }, []);

  const setSound = useCallback(
    (on: boolean) => {
      keep({ ...now.current, sound: on });
      if (on) play(false);
    },
    [keep, play],
  );

  const call = useCallback(
    (title: string, body: string, tag: string, urgent = false, onClick?: () => void) => {
      if (now.current.sound) play(urgent);
      if (!now.current.desktop || !document.hidden || !("Notification" in window) || Notification.permission !== "granted") return;
      const shown = new Notification(title, { body, tag });
      shown.onclick = () => {
        window.focus();
        onClick?.();
        shown.close();
      };
    },
    [play],
  );

  return { settings, setDesktop, setSound, call };
}
