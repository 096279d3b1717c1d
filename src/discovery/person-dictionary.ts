/** Given and family names of many languages, out of a kept library's lists; words that are more often something else are left out. */
import { allFakers } from '@faker-js/faker';

export interface PersonDictionary {
  isGiven(word: string): boolean;
  isFamily(word: string): boolean;
}

/** Names that are ordinary words in tables of anything: months, weekdays, colours, places, answers. */
const ORDINARY =
  'april,may,june,august,art,bill,bob,chance,charity,city,crystal,dale,dawn,destiny,diamond,dollar,drew,earnest,elder,eve,faith,flora,forest,frank,gene,ginger,glen,grace,grant,guy,hazel,heath,holly,honest,hope,hunter,ivory,ivy,jade,jack,jewel,john doe,joy,king,lane,lance,law,lily,mark,mason,max,mercy,miles,misty,national,olive,page,paris,pat,patience,pearl,precious,price,prince,ray,rich,rob,robin,rocky,rose,ruby,rusty,sage,sandy,shade,skip,sky,sterling,stone,summer,sunny,tab,total,trace,van,violet,virginia,west,will,willow,winter,wood,young,north,south,east,green,white,black,brown,gray,grey,gold,silver,major,minor,general,carolina,dakota,georgia,montana,london,madison,jackson,lincoln,houston,dallas,austin,florence,sydney,victoria,alexandria,savannah,charlotte,cash,best,bank,bush,day,do,field,fields,flowers,hill,house,hall,home,lake,land,long,love,low,man,marsh,may,miller,moon,park,parks,pool,read,right,rivers,road,short,small,street,strong,sun,walls,ward,waters,wells,wise,winter,yes,no,new,old,open,active,pending,an,in,le,la,de,du,so,my,am,al,ok'.split(
    ',',
  );

export function personDictionary(): PersonDictionary {
  const given = new Set<string>();
  const family = new Set<string>();
  for (const faker of Object.values(allFakers))
    for (const [key, lists] of Object.entries(faker.rawDefinitions.person ?? {})) {
      if (key === 'first_name') addAll(given, lists);
      if (key === 'last_name') addAll(family, lists);
    }
  for (const word of ORDINARY) {
    given.delete(word);
    family.delete(word);
  }
  return { isGiven: (word) => given.has(fold(word)), isFamily: (word) => family.has(fold(word)) };
}

/** A list, or lists by gender. */
function addAll(names: Set<string>, lists: unknown): void {
  if (typeof lists === 'string') names.add(fold(lists));
  else if (typeof lists === 'object' && lists !== null)
    for (const inner of Object.values(lists)) addAll(names, inner);
}

const fold = (word: string): string =>
  word
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .toLowerCase();
