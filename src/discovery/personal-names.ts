/** What columns of personal data are called, in the languages that warehouses are written in: a table for reviewers, one row a kind of data. */
import type { TypeFamily } from '../catalogue/dataset.ts';

export interface PersonalName {
  /** The tag that is suggested. */
  readonly tag: string;
  /** For people: `an e-mail address`. */
  readonly what: string;
  /** Phrases, as words without accents, that alone make it likely. */
  readonly names: readonly string[];
  /** Phrases that make it likely beside a word for a person, in the column's name or the dataset's. */
  readonly beside?: readonly string[];
  /** Families of types that can hold it. */
  readonly types: readonly TypeFamily[];
  /** 0 to 1, of a name that is one of `names`. */
  readonly confidence: number;
}

const TEXT: readonly TypeFamily[] = ['text'];
const CODE: readonly TypeFamily[] = ['text', 'integer', 'decimal'];
const NUMBER: readonly TypeFamily[] = ['integer', 'decimal', 'float', 'text'];
const DAY: readonly TypeFamily[] = ['date', 'timestamp', 'timestamptz', 'text', 'integer'];
const ANY: readonly TypeFamily[] = ['text', 'integer', 'decimal', 'float', 'boolean', 'date', 'json', 'list'];

const row = (
  tag: string,
  what: string,
  types: readonly TypeFamily[],
  confidence: number,
  names: string,
  beside = '',
): PersonalName => {
  const phrases = (text: string) =>
    text
      .split(',')
      .map((phrase) => phrase.trim())
      .filter((phrase) => phrase !== '');
  return { tag, what, types, confidence, names: phrases(names), beside: phrases(beside) };
};

/** In the order in which they are tried: the first that holds is taken. */
export const PERSONAL_NAMES: readonly PersonalName[] = [
  row(
    'pii.email',
    'an e-mail address',
    TEXT,
    0.95,
    'email, e mail, mail address, mailaddress, email addr, emails, correo, correo electronico, courriel, adresse mail, epost, e post, e posta, eposta, sahkoposti, posta elettronica, mailadresse, e mailadres, emailadres, poczta, adres email, メール, メールアドレス, 邮箱, 电子邮件, почта, имейл',
    'mail',
  ),
  row(
    'pii.ip',
    'an IP address',
    TEXT,
    0.9,
    'ip, ip address, ip addr, ipaddress, ipaddr, client ip, remote ip, remote addr, ip adresse, adresse ip, direccion ip, indirizzo ip, ip adres, ipv 4, ipv 6, x forwarded for',
  ),
  row(
    'pii.device',
    'an identifier of a device',
    TEXT,
    0.75,
    'mac address, mac addr, device id, device identifier, imei, imsi, idfa, gaid, aaid, advertising id, cookie id, user agent, useragent, fingerprint, browser fingerprint',
  ),
  row(
    'pii.phone',
    'a phone number',
    CODE,
    0.9,
    'phone, phone number, phone no, phone num, telephone, tel, tel number, telno, mobile, mobile number, mobile phone, cell phone, cellphone, msisdn, fax, fax number, telefon, telefonnummer, handy, handynummer, mobilnummer, mobil, mobiltelefon, rufnummer, telefono, movil, celular, cellulare, portable, numero telephone, numero de telephone, telefone, telemovel, telefoon, telefoonnummer, mobiel, telefon nr, puhelin, puhelinnumero, matkapuhelin, numer telefonu, komorka, cep telefonu, gsm, whatsapp, 電話番号, 电话, 手机, 手机号, телефон',
  ),
  row(
    'pii.iban',
    'a bank account',
    CODE,
    0.95,
    'iban, iban number, bank account, bank account number, account iban, bankkonto, kontonummer, konto nr, numero de compte, rib, cuenta bancaria, numero de cuenta, conto corrente, rekeningnummer, numer konta, sort code, routing number, clabe, bankverbindung, pankkitili, kontonr',
  ),
  row(
    'pii.payment_card',
    'a payment card',
    CODE,
    0.95,
    'credit card, credit card number, creditcard, card number, cardnumber, card no, card pan, cc number, ccnum, cc num, debit card, payment card, kreditkarte, kreditkartennummer, kartennummer, carte bancaire, numero de carte, tarjeta credito, numero tarjeta, carta di credito, cartao credito, creditcardnummer, kortnummer, cvv, cvc, cvv 2, card holder, cardholder, kredi karti, 信用卡',
  ),
  row(
    'pii.national_id',
    'a national identity or tax number',
    CODE,
    0.95,
    'ssn, social security, social security number, social security no, national id, national identifier, national insurance, national insurance number, nino, tax id, tax identification number, taxpayer id, tin number, itin, personal id number, personal identification number, identity number, identity card, id card, id card number, sozialversicherungsnummer, svnr, steuer id, steuernummer, steueridentifikationsnummer, ausweisnummer, personalausweis, ahv, ahv nummer, numero securite sociale, securite sociale, insee, nir, numero fiscal, dni, nie, nif, cedula, curp, rfc, cpf, codice fiscale, bsn, burgerservicenummer, rijksregisternummer, pesel, personnummer, fodselsnummer, cpr, cpr nummer, henkilotunnus, hetu, isikukood, asmens kodas, personas kods, rodne cislo, cnp, egn, oib, jmbg, emso, amka, tckn, tc kimlik, kimlik no, aadhaar, aadhar, my number, マイナンバー, 身份证, 身份证号, инн, снилс, egn number, resident registration number',
  ),
  row(
    'pii.passport',
    'a passport or licence number',
    CODE,
    0.9,
    'passport, passport number, passport no, passport num, reisepass, passnummer, passeport, pasaporte, passaporto, passaporte, paspoort, paszport, pasaport, driver license, drivers license, driver licence, driving licence, driving license, driver license number, licence number driver, fuhrerschein, fuhrerscheinnummer, permis de conduire, permiso de conducir, patente guida, rijbewijs, 護照, 护照, паспорт, visa number',
  ),
  row(
    'pii.license_plate',
    'a licence plate or vehicle number',
    TEXT,
    0.85,
    'license plate, licence plate, number plate, plate number, registration plate, vehicle registration, vehicle identification number, vin, vin number, kennzeichen, kfz kennzeichen, immatriculation, matricula, targa, kenteken, numer rejestracyjny, plaka, registreringsnummer',
  ),
  row(
    'pii.birth_date',
    'a date of birth',
    DAY,
    0.95,
    'birth date, birthdate, date of birth, dob, birthday, birth day, birth year, year of birth, geburtsdatum, geburtstag, geburtsjahr, date de naissance, date naissance, fecha de nacimiento, fecha nacimiento, data di nascita, data nascita, data de nascimento, geboortedatum, data urodzenia, fodselsdato, fodelsedatum, syntymaaika, dogum tarihi, datum narozeni, 生年月日, 出生日期, дата рождения',
  ),
  row(
    'pii.name',
    'a name of a person',
    TEXT,
    0.9,
    'first name, firstname, last name, lastname, surname, full name, fullname, given name, givenname, family name, familyname, middle name, middlename, maiden name, middle initial, person name, customer name, client name, patient name, employee name, member name, user full name, contact name, contact person, recipient name, holder name, account holder, beneficiary name, passenger name, guest name, tenant name, student name, owner name, manager name, vorname, nachname, familienname, geburtsname, prenom, nom de famille, nombre completo, apellido, apellidos, primer nombre, cognome, nome completo, sobrenome, apelido, voornaam, achternaam, imie, nazwisko, imie nazwisko, fornavn, etternavn, efternavn, fornamn, efternamn, etunimi, sukunimi, ad soyad, soyad, soyadi, jmeno, prijmeni, ansprechpartner, 氏名, 姓名, имя, фамилия, fname, lname',
    'name, display name, nom, nombre, nome, naam, navn, namn, nimi, isim, initials',
  ),
  row(
    'pii.username',
    'a name of a user account',
    TEXT,
    0.7,
    'username, user name, login, login name, screen name, nickname, nick name, user handle, twitter handle, benutzername, nom utilisateur, nombre usuario, nome utente, gebruikersnaam, skype, linkedin url, linkedin profile, facebook id, twitter, instagram',
    'handle, alias',
  ),
  row(
    'pii.address',
    'a postal address',
    TEXT,
    0.85,
    'street, street address, street name, address, address line, address line 1, address 1, address 2, postal address, home address, mailing address, billing address, shipping address, delivery address, residence, house number, housenumber, apartment number, strasse, hausnummer, anschrift, adresse, wohnort, rue, adresse postale, direccion, calle, domicilio, indirizzo, via residenza, endereco, morada, adres, straat, huisnummer, ulica, gata, gatuadress, katuosoite, osoite, adresi, 住所, 地址, адрес',
  ),
  row(
    'pii.postal_code',
    'a postal code',
    CODE,
    0.7,
    'zip, zip code, zipcode, postal code, postalcode, postcode, post code, plz, postleitzahl, code postal, codigo postal, cap residenza, cep, postnummer, postinumero, kod pocztowy, posta kodu, 郵便番号, 邮编',
  ),
  row(
    'pii.location',
    'a place on earth',
    NUMBER,
    0.75,
    'latitude, longitude, lat, lon, lng, lat long, latlong, lat lng, geolocation, geo location, gps, gps lat, gps lon, gps coordinates, coordinates, geo point, breitengrad, langengrad, latitud, longitud, latitudine, longitudine, breedtegraad, lengtegraad, 経度, 緯度',
  ),
  row(
    'pii.gender',
    'a gender',
    ANY,
    0.75,
    'gender, sex, geschlecht, sexe, sexo, genere, sesso, geslacht, plec, kjonn, kon, sukupuoli, cinsiyet, pohlavi, salutation, anrede, civilite, 性別, 性别, пол, pronouns',
  ),
  row(
    'pii.sensitive.health',
    'health data',
    ANY,
    0.8,
    'diagnosis, diagnoses, diagnosis code, icd code, icd 10, icd 9, medical record, medical record number, mrn, medical condition, prescription, medication, blood type, blood group, allergies, disability, pregnancy, pregnant, vaccination, hiv, krankheit, diagnose, blutgruppe, krankenkasse, versichertennummer, health insurance number, nhs number, medicare number, diagnostic, enfermedad, bmi, weight kg, height cm',
  ),
  row(
    'pii.sensitive.belief',
    'a religion, a political opinion or a membership of a union',
    ANY,
    0.8,
    'religion, religious affiliation, religious belief, konfession, kirchensteuer, political party, political affiliation, political view, political opinion, trade union, union membership, gewerkschaft, religion code, croyance',
  ),
  row(
    'pii.sensitive.origin',
    'an ethnic origin or sexual orientation',
    ANY,
    0.8,
    'ethnicity, ethnic origin, ethnic group, race, skin color, sexual orientation, sexuality, ethnie, etnia, herkunft ethnisch',
  ),
  row(
    'pii.sensitive.biometric',
    'biometric data',
    ['text', 'bytes', 'json', 'list'],
    0.8,
    'biometric, biometrics, face encoding, face embedding, face id, iris scan, retina, fingerprint template, voice print, dna sequence, genome',
  ),
  row(
    'pii.nationality',
    'a nationality',
    TEXT,
    0.7,
    'nationality, citizenship, country of birth, place of birth, birth place, birthplace, nationalitat, staatsangehorigkeit, geburtsort, nationalite, lieu de naissance, nacionalidad, nazionalita, luogo di nascita, nationaliteit, obywatelstwo, kansalaisuus, statsborgerskap, uyruk',
  ),
  row(
    'pii.family',
    'a family status',
    ANY,
    0.7,
    'marital status, maritalstatus, familienstand, etat civil, situation familiale, estado civil, stato civile, burgerlijke staat, number of children, spouse, spouse name, next of kin, emergency contact, mothers maiden name, mother maiden name',
  ),
  row(
    'pii.financial',
    'a salary or income of a person',
    NUMBER,
    0.75,
    'salary, base salary, wage, hourly wage, annual income, household income, net worth, credit score, gehalt, lohn, einkommen, salaire, revenu annuel, salario, sueldo, stipendio, reddito, salaris, loon, wynagrodzenie, lonn, palkka, maas, 年収, 工资',
    'income, bonus, debt',
  ),
  row(
    'secret',
    'a secret',
    ['text', 'bytes'],
    0.9,
    'password, passwd, pwd, passwort, kennwort, mot de passe, contrasena, senha, wachtwoord, haslo, losenord, passord, salasana, sifre, password hash, api key, apikey, secret key, client secret, access token, refresh token, auth token, private key, security answer, security question, pin code, otp secret, totp secret, 密码, пароль',
  ),
  row(
    'pii.image',
    'a picture or signature of a person',
    ['text', 'bytes'],
    0.6,
    'photo, photo url, avatar, avatar url, profile picture, profile image, portrait, signature image, unterschrift, headshot',
  ),
];

/** Words for people, in a column's name or a dataset's. */
export const PERSONS: ReadonlySet<string> = new Set(
  'user,users,customer,customers,client,clients,person,persons,people,member,members,employee,employees,staff,patient,patients,contact,contacts,subscriber,subscribers,student,students,teacher,teachers,applicant,applicants,candidate,candidates,passenger,passengers,guest,guests,visitor,visitors,tenant,tenants,resident,residents,citizen,citizens,lead,leads,owner,owners,author,authors,driver,drivers,recipient,recipients,beneficiary,beneficiaries,holder,kunde,kunden,mitarbeiter,mitglied,mitglieder,benutzer,patienten,personne,personnes,utilisateur,utilisateurs,clientes,cliente,empleado,empleados,usuario,usuarios,persona,personas,dipendente,dipendenti,utente,utenti,klant,klanten,medewerker,medewerkers,gebruiker,klient,klienci,pracownik,kund,kunder,asiakas,asiakkaat,musteri,musteriler,signup,signups,profile,profiles,attendee,attendees,participant,participants,borrower,borrowers,insured,seller,buyer'.split(
    ',',
  ),
);

/** What turns a column about personal data into one that holds none: counts, flags, moments and kinds. */
export const DISARMING: ReadonlySet<string> = new Set(
  'count,counts,cnt,num,total,sum,avg,mean,ratio,rate,pct,percent,percentage,is,has,flag,status,state,type,types,kind,category,sent,opened,clicked,bounced,delivered,verified,confirmed,valid,validated,enabled,optin,opt,consent,subscribed,unsubscribed,template,templates,subject,campaign,campaigns,domain,domains,provider,length,size,updated,created,deleted,at,on,time,timestamp,ts,changed,modified,config,setting,settings,format,version,class,color,colour,score,rank,index,idx,required,optional,visible,public,prefix,suffix,anzahl,nombre_de,hash,hashed,sha,md,encrypted,masked,tokenized,tokenised,redacted,anonymized,anonymised,pseudonym,open,opens,click,clicks,bounce,bounces,unsubscribe,preference,preferences,performance,metrics,metric,mode,method,source,medium,channel,brand,issuer,network,followers,likes,views,impressions,spend,cost,ads,ad,posts,reason,error,limit,bytes,days,hours,minutes,amount,price,fee,fees,balance,payments,rule,rules,text,html,body,header,headers,footer,pattern,regex,example,placeholder'.split(
    ',',
  ),
);

/** Words that, before `name`, say that it is a thing's. */
export const THINGS: ReadonlySet<string> = new Set(
  'product,company,organisation,organization,org,file,table,column,event,campaign,brand,team,group,role,project,city,country,region,state,county,district,store,shop,department,dept,category,item,plan,tariff,model,schema,database,host,server,domain,app,application,service,job,task,workflow,pipeline,form,list,segment,report,metric,field,property,object,page,site,website,channel,source,medium,device,browser,os,vendor,supplier,merchant,currency,bank,school,hospital,hotel,airline,airport,station,street,building,room,course,class,ticket,queue,dataset,index,key,tag,label,status,type,stage,step,feature,flag,variant,experiment,test,bucket,account,deal,business,firm,package,module,function,method,resource,node,cluster,zone,area,meter,sensor,machine,vehicle,species,genre,title,song,movie,book,game,sport,league,layer,document,template,topic,theme,style,color,size,unit,community,constraint,family,display,screen,program,programme,territory,market'.split(
    ',',
  ),
);

/** What may stand after the thing that a dataset is about: `customers_snapshot` is about customers, `contact_property` is not about contacts. */
export const TRAILING: ReadonlySet<string> = new Set(
  'dim,dims,dimension,fct,fact,facts,snapshot,snapshots,history,latest,current,v,all,base,tmp,temp,raw,src,stg,staging,table,list,master,data,daily,monthly,enriched,enhanced,unioned,joined,clean,cleaned,final'.split(
    ',',
  ),
);
