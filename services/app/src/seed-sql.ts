/** The statements of the seed. Everything is derived from a row's number, so that each run gives the same rows. */

/** A well-spread number from 0 for row `n`; `salt` gives another one for another purpose. */
const spread = (salt: string, below: string): string =>
  `(('x' || substr(md5('${salt}' || n), 1, 7))::bit(28)::int % (${below}))`

const pick = (salt: string, words: readonly string[]): string =>
  `(array['${words.join("','")}'])[1 + ${spread(salt, String(words.length))}]`

const firstNames =
  'Amara,Anton,Beatriz,Bruno,Camille,Chidi,Dana,Daniel,Elif,Emil,Farah,Felix,Greta,Hana,Ida,Ivan,Jonas,Julia,Kenji,Lea,Liam,Lucia,Mateo,Mei,Nadia,Noah,Olga,Omar,Petra,Priya,Quentin,Rosa,Samir,Sofia,Tariq,Tessa,Ulrich,Vera,Wei,Yara,Yusuf,Zoe'
const lastNames =
  'Adeyemi,Andersson,Bauer,Bianchi,Costa,Dubois,Fischer,Garcia,Haddad,Hansen,Ito,Jansen,Kaya,Keller,Kowalski,Larsen,Lopez,Martin,Mehta,Moreau,Nakamura,Novak,Okafor,Olsen,Park,Petrov,Rossi,Santos,Schmidt,Silva,Suzuki,Tanaka,Virtanen,Wagner,Weber,Yilmaz'
const materials =
  'Oak,Walnut,Ash,Birch,Linen,Wool,Cotton,Leather,Steel,Brass,Copper,Glass,Stoneware,Porcelain,Cork,Bamboo'
const styles =
  'Compact,Classic,Tall,Low,Round,Folding,Stackable,Everyday,Large,Small,Light,Sturdy,Slim,Wide,Modular,Plain'
const things =
  'Table,Stool,Bench,Shelf,Lamp,Vase,Bowl,Tray,Blanket,Cushion,Basket,Mirror,Clock,Hook,Rack,Jug,Board,Chest,Desk,Frame'
const rooms = 'the kitchen,the hallway,a small flat,the study,the bedroom,a workshop,the garden room,a busy table'
const virtues =
  'It is made to be repaired.,It ages well.,Every part can be replaced.,It comes assembled.,It packs flat.,It is finished by hand.'

export const userSeed = [
  `insert into users (id, name, email, created_at)
   select n, person.name,
     case when n = 1 then 'alice' else lower(replace(person.name, ' ', '.')) || '.' || n end || '@example.com',
     timestamptz '2025-01-01' + n * interval '7 hours'
   from generate_series(1, 1000) as n,
     lateral (select case when n = 1 then 'Alice'
       else ${pick('first', firstNames.split(','))} || ' ' || ${pick('last', lastNames.split(','))} end as name) as person`,
  `select setval(pg_get_serial_sequence('users', 'id'), 1000)`,
]

/** There is plenty of each, however many orders a load test places. Names repeat, as they do in a real catalogue: the number at its end keeps a slug unique. */
export const productSeed = [
  `insert into products (id, slug, name, description, price_cents, stock, updated_at)
   select n, lower(replace(product.name, ' ', '-')) || '-' || n, product.name,
     product.name || ' for ' || ${pick('room', rooms.split(','))} || '. ' || ${pick('virtue', virtues.split(','))},
     490 + 100 * ${spread('price', '480')}, 100000 + ${spread('stock', '196')},
     timestamptz '2026-01-01' + n * interval '9 hours'
   from generate_series(1, 500) as n,
     lateral (select ${pick('style', styles.split(','))} || ' ' || ${pick('material', materials.split(','))} || ' ' ||
       ${pick('thing', things.split(','))} as name) as product`,
  `select setval(pg_get_serial_sequence('products', 'id'), 500)`,
]

/** One to three lines each, of different products; totals follow from the lines. */
export const orderSeed = [
  `insert into orders (id, user_id, name, email, total_cents, placed_at)
   select md5('order-' || n)::uuid, users.id, users.name, users.email, 0, timestamptz '2026-02-01' + n * interval '61 minutes'
   from generate_series(1, 5000) as n join users on users.id = 1 + ${spread('buyer', '1000')}`,
  `insert into order_lines (order_id, position, product_id, name, quantity, unit_price_cents)
   select md5('order-' || n)::uuid, line, products.id, products.name, 1 + (n + line) % 3, products.price_cents
   from generate_series(1, 5000) as n
     cross join lateral generate_series(1, 1 + ${spread('lines', '3')}) as line
     join products on products.id = 1 + (${spread('product', '500')} + 167 * line) % 500`,
  `update orders set total_cents = sums.total
   from (select order_id, sum(quantity * unit_price_cents) as total from order_lines group by order_id) as sums
   where sums.order_id = orders.id`,
  'analyze users, products, orders, order_lines',
]
