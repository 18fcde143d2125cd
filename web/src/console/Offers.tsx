import { Button, Progress } from "antd";
import { useEffect, useState } from "react";
import { since } from "../shared/format";
import type { Offer } from "./writing";

const SHOWN = 3;

/** Conversations that were given to me and wait for my yes; each with the time that is left. */
export function Offers({ offers, accept, decline }: { offers: Offer[]; accept: (id: string) => void; decline: (id: string) => void }) {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    if (!offers.length) return;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), 250);
    return () => clearInterval(timer);
  }, [offers.length]);
  if (!offers.length) return null;
  return (
    <div className="offers" role="alert">
      {offers.length > SHOWN && <p className="more-offers">还有 {offers.length - SHOWN} 个会话在等您接入</p>}
      {offers.slice(0, SHOWN).map((offer) => (
        <OfferCard key={offer.conversation.id} offer={offer} now={now} accept={accept} decline={decline} />
      ))}
    </div>
  );
}

function OfferCard({ offer, now, accept, decline }: { offer: Offer; now: number; accept: (id: string) => void; decline: (id: string) => void }) {
  const { conversation, expires_at } = offer;
  const left = Math.max(0, Math.ceil((Date.parse(expires_at) - now) / 1000));
  const [whole] = useState(Math.max(left, 1));
  return (
    <section aria-label={`派给我的会话：${conversation.consumer.name || "匿名消费者"}`}>
      <Progress type="circle" size={40} percent={(100 * left) / whole} format={() => left} strokeColor={left <= 5 ? "#cf3b2f" : "#1f5f8b"} />
      <div>
        <strong>{conversation.consumer.name || "匿名消费者"}</strong> <small>{conversation.party_name}</small>
        <p>{conversation.queue?.reason_label}{conversation.queue && `，等了 ${since(conversation.queue.since, now)}`}</p>
        <p className="muted">{conversation.last_message?.text}</p>
      </div>
      <div className="buttons">
        <Button type="primary" size="small" onClick={() => accept(conversation.id)}>接入</Button>
        <Button size="small" onClick={() => decline(conversation.id)}>婉拒</Button>
      </div>
    </section>
  );
}
