//! Function words, which stand in nearly every text and tell none from another. Tokens say whether they are some, if
//! the field's schema asks for it; what comes of them is decided by those who index and search.
//!
//! The lists are ours and short: articles, common prepositions, conjunctions, pronouns and forms of "to be".
//! They hold words that are also worth looking for, such as English "will" or French "est": a field of titles is
//! better off without stop words.

use headwater_model::model::Language;

/// Whether a folded word is one of the language's stop words.
pub(super) fn contains(language: Language, form: &str) -> bool {
    // Longer than the longest of all lists.
    form.len() <= 14 && list(language).split(' ').any(|word| word == form)
}

/// The language's stop words, folded, between spaces.
pub(super) const fn list(language: Language) -> &'static str {
    match language {
        Language::Unstemmed => "",
        Language::English => {
            "a an and are as at be been but by for from had has have he her his i if in into is it its me my no not \
             of on or our she so such that the their them then there these they this to was we were which who will \
             with would you your"
        }
        Language::German => {
            "aber als am an auch auf aus bei bin bis das dass dem den der des die du durch ein eine einem einen \
             einer eines er es fur hat haben ich ihr im in ist ja kann man mit nach nicht noch nur oder sein sich \
             sie sind so uber um und uns unter von vor war was wenn werden wie wir wird zu zum zur"
        }
        Language::French => {
            "a ai au aux avec ce ces cet cette dans de des du elle elles en est et eu il ils je la le les leur leurs \
             lui ma mais me mes mon ne nos notre nous on ou par pas pour qu que qui sa se ses si son sont sur ta te \
             tes tu un une vos votre vous y"
        }
        Language::Spanish => {
            "a al como con de del desde el ella ellos en entre era es esta este esto ha han hay la las le les lo los \
             mas me mi muy no nos o para pero por que se ser si sin sobre son su sus te tu un una uno unos y ya yo"
        }
        Language::Italian => {
            "a ad ai al alla alle allo anche che chi ci come con cui da dai dal dalla de degli dei del della delle \
             dello di e ed era gli ha ho i il in io la le lei lo loro lui ma mi ne nei nel nella no noi non o per piu \
             se si sono su sua sue sui sul sulla suo tra tu un una uno vi voi"
        }
        Language::Portuguese => {
            "a ao aos as ate com como da das de dela dele do dos e ela elas ele eles em entre era essa esse esta este \
             eu foi ha isso ja la lhe mais mas me na nao nas nem no nos o os ou para pela pelo por qual que se sem \
             ser seu seus so sua suas te tem um uma voce"
        }
        Language::Dutch => {
            "aan al als bij dan dat de der deze die dit door een en er haar had heb hebben heeft het hier hij hun ik \
             in is ja je kan maar me men met mij mijn na naar niet nog nu of om onder ons ook op over te tot uit u \
             van veel voor want was wat we wel werd wie wij worden wordt zal ze zich zij zijn zo"
        }
        Language::Swedish => {
            "alla att av da de dem den denna det detta dig din du efter eller en er ett for fran han har hon hur i \
             icke ingen inte jag kan man med men mig min mot mycket ni nu nar och om oss pa sa sig sin som till under \
             upp ut vad var vi vid vill"
        }
        Language::Russian => {
            "а без бы был была были было быть в вам вас ведь во вот вы где да даже для до его ее если есть еще же за \
             и из или им их к как ко когда кто ли мне мы на над не него нее нет ни них но о об он она они оно от по \
             под при с со так такой там то того тоже только ты у уже чем что чтобы эта эти это этот я"
        }
        Language::Danish => {
            "af alle at blev da de dem den denne der det dette dig din du eller en er et for fra ham han har hun i \
             ikke ind jeg kan man med men mig min mod ned noget nu nar og om op os pa sa sig sin som til ud under var \
             ved vi vil"
        }
        Language::Norwegian => {
            "alle at av ble bli da de dem den denne der det dette din du eller en er et for fra han har hun hva i \
             ikke ja jeg kan med meg men min mot na nar noe og om opp oss pa sa seg sin skal som til ut var ved vi vil"
        }
        Language::Finnish => {
            "en et ei eika emme han hanen he heidan ja jo joka jos jotka kanssa kuin kun me mina minun mita mutta \
             mukaan myos ne nain niin nyt oli olivat olla on ovat se sen sina sita tai tama taman te tuo vaan vai vain"
        }
        Language::Hungarian => {
            "a az azt azok egy ez ezt ezek es de el en ha hogy is itt ki le meg mert mi mint mar ma nem nincs o ok \
             ott pedig s sem sok te ugy vagy van vannak volt voltak"
        }
        Language::Romanian => {
            "a ai al ale am ar are as au ca care ce cel cu cum da dar de din doar e ea ei el ele era este eu fi fie \
             fost i iar in la le lui mai ma mi ne ni nu o or pe pentru prin sa sau se si sunt te tu un una unei unui va"
        }
        Language::Turkish => {
            "acaba ama ancak bana bazi belki ben beni benim bir biz bizim bu buna bunu cok cunku da daha de degil diye \
             en gibi hem hep her icin ile ise ki kim mi mu nasil ne neden o olan olarak on ona onu onun sen siz su ve \
             veya ya yani"
        }
    }
}
