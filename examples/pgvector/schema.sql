-- The table as the application made it. The embeddings are filled in by `llmops ingest`.
create extension if not exists vector;

create table if not exists documents (
    id serial primary key,
    title text not null unique,
    body text not null,
    category text,
    created_at timestamptz not null default now(),
    embedding vector(768)
);

insert into documents (title, body, category) values
('Opening hours', 'The workshop is open from Tuesday to Saturday, 9:00 to 18:00. On Mondays and Sundays it is closed. In January we close for inventory during the first week.', 'shop'),
('Repair prices', 'A small service costs 45 euros and a full service 120 euros. Fixing a puncture costs 12 euros including the tube. Spare parts are charged separately.', 'repair'),
('Booking a repair', 'Book a repair online or by telephone at least three days ahead. Bring the bicycle in the morning before 10:00. Most repairs are done on the same day.', 'repair'),
('Warranty', 'New bicycles have a warranty of two years on the frame and one year on moving parts. The warranty does not cover wear of chains, brake pads and tyres.', 'sales'),
('Returns', 'Unused goods can be returned within 30 days with the receipt. Bicycles that were ridden outdoors cannot be returned. The money is refunded to the card that was used.', 'sales'),
('Rental', 'City bicycles are rented for 15 euros a day, electric bicycles for 35 euros. A deposit of 100 euros is paid in cash or by card. Helmets are included.', 'rental'),
('Electric bicycle batteries', 'Store the battery at room temperature and charge it to about 60 percent for the winter. A new battery lasts for roughly 800 charging cycles. Old batteries are taken back free of charge.', 'advice'),
('Children and helmets', 'Children under six ride on the pavement with an adult. A helmet must sit level and two fingers above the eyebrows. We adjust helmets free of charge.', 'advice'),
('営業時間', '営業時間は火曜日から土曜日の午前9時から午後6時までです。月曜日と日曜日は休業です。1月の第1週は棚卸しのため休みます。', 'shop'),
('修理料金', '簡易点検は45ユーロ、完全点検は120ユーロです。パンク修理はチューブ代込みで12ユーロです。部品代は別にかかります。', 'repair'),
('修理の予約', '修理は3日前までにインターネットまたは電話で予約してください。自転車は午前10時までにお持ちください。ほとんどの修理はその日のうちに終わります。', 'repair'),
('保証', '新しい自転車の保証期間は、フレームが2年、可動部品が1年です。チェーン、ブレーキパッド、タイヤの摩耗は保証の対象外です。', 'sales'),
('返品', '未使用の商品はレシートがあれば30日以内に返品できます。屋外で乗った自転車は返品できません。代金は使用したカードに返金されます。', 'sales'),
('レンタル', '街乗り自転車のレンタルは1日15ユーロ、電動自転車は35ユーロです。保証金100ユーロは現金またはカードで支払います。ヘルメットは無料です。', 'rental'),
('電動自転車のバッテリー', 'バッテリーは室温で保管し、冬の前に約60パーセントまで充電してください。新しいバッテリーの寿命は約800回の充電です。古いバッテリーは無料で引き取ります。', 'advice'),
('子どもとヘルメット', '6歳未満の子どもは大人と一緒に歩道を走ります。ヘルメットは水平に、眉の上の指2本分の位置にかぶります。ヘルメットの調整は無料です。', 'advice')
on conflict (title) do nothing;
