/** What attackers try first: the stems of the commonest passwords of published breaches, without the digits people add. */

const stems = `
  password passwort passw0rd passphrase letmein welcome login signin admin administrator root toor guest default changeme
  secret topsecret access master superuser iloveyou loveyou ilove lovely love sweetheart princess princesa angel angels babygirl babyboy
  sunshine moonlight rainbow flower flowers butterfly cookie chocolate cheese banana orange purple pepper ginger
  monkey dragon tiger panther lion eagle phoenix dolphin shadow ranger hunter killer ninja samurai warrior wizard magic
  football baseball basketball soccer hockey golfer tennis cricket liverpool arsenal chelsea barcelona realmadrid juventus manchester yankees lakers cowboys steelers
  superman batman spiderman ironman wonderwoman pokemon pikachu naruto starwars startrek skywalker matrix gandalf hobbit harrypotter minecraft fortnite roblox mario nintendo playstation xbox
  michael michelle jennifer jessica jordan ashley amanda andrew anthony charlie daniel george hannah joshua justin matthew melissa nicole robert samantha stephanie thomas william alexander alexandra elizabeth maria sophia
  mustang ferrari porsche mercedes corvette harley yamaha toyota chevrolet camaro
  computer internet google facebook instagram youtube linkedin microsoft windows apple samsung android iphone
  qwerty qwertz azerty qwertyuiop asdfgh asdfghjkl zxcvbn zxcvbnm qazwsx qazwsxedc qweasd qweasdzxc onetwothree abcdef abcdefgh abcabc abc
  summer winter spring autumn monday tuesday wednesday thursday friday saturday sunday january february march april june july august september october november december
  freedom forever family friends friend whatever trustno nothing something jesus jesuschrist christ blessed heaven god godisgood allah
  hello helloworld goodbye pleaseletmein opensesame mypassword yourpassword thepassword newpassword oldpassword userpassword testpassword testtest test tester testing demo example sample temp temporary
  correcthorsebatterystaple hunter whocares dontknow idontknow ihateyou blahblah company business office work school student teacher
  roundtrip shop customer account staff
`

export const commonStems: ReadonlySet<string> = new Set(stems.trim().split(/\s+/))
