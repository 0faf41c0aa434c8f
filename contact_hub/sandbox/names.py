"""Names of invented people: given names by gender and the years in which parents chose them, surnames, short forms.

Written for this project from general knowledge of Australian naming; no list of real people stands behind them.
"""


def words(text: str) -> list[str]:
    """The words of a text."""
    return text.split()


_FEMALE = {
    1930: """Margaret Joan Betty Patricia Shirley Dorothy Jean Beryl Gwen Valerie Norma June Marjorie Edna Thelma Elsie
        Mavis Heather Nancy Audrey Phyllis Iris Hazel Olive Daphne Una Rita Concetta Eleni""",
    1950: """Susan Christine Jennifer Lynette Judith Robyn Helen Pamela Sandra Kerry Denise Anne Elizabeth Barbara Diane
        Gail Wendy Cheryl Jill Maureen Glenys Lorraine Carol Janice Rosemary Maria Teresa Angela Vicki""",
    1970: """Michelle Lisa Nicole Karen Tracey Sharon Julie Leanne Kylie Melissa Joanne Catherine Deborah Fiona Tania
        Rebecca Narelle Jacqueline Samantha Simone Belinda Natalie Kim Thi Mei Priya Anita Danielle Megan""",
    1985: """Jessica Sarah Amanda Lauren Emma Kate Stephanie Rachel Katherine Alison Kristy Bianca Hannah Ashleigh Erin
        Vanessa Melanie Renee Holly Caitlin Natasha Laura Alexandra Anna Wei Deepa Fatima Yuki Chloe""",
    2000: """Georgia Emily Olivia Sophie Isabella Madison Grace Ella Chelsea Maddison Jasmine Paige Tahlia Brooke Zoe
        Shania Amelia Lucy Molly Abbey Claudia Imogen Phoebe Tayla Bridget Aaliyah Linh Anh Simran""",
    2012: """Charlotte Mia Ava Ruby Isla Evie Willow Harper Matilda Aria Sienna Ivy Poppy Frankie Hazel Lily Mila Zara
        Billie Freya Audrey Eloise Daisy Violet Florence Maeve Aadhya Noor Layla""",
}
_MALE = {
    1930: """William Kenneth Ronald Raymond Donald Leslie Keith Norman Kevin Allan Jack Maxwell Frank Neville Colin Eric
        Harold Stanley Bruce Ernest Reginald Cyril Giuseppe Ivan Stavros Walter Clifford Noel Douglas""",
    1950: """Peter John Robert Michael David Geoffrey Ian Graham Stephen Gary Trevor Phillip Barry Wayne Gregory Paul
        Terence Rodney Ross Brian Richard Dennis Malcolm Anthony Garry Antonio Nikolaos Alan Warren""",
    1970: """Mark Andrew Jason Scott Craig Darren Brett Shane Matthew Glenn Stuart Troy Adam Dean Simon Justin Damien
        Christopher Timothy Tony Minh Vikram Rajesh Wei Marco Grant Nathan Cameron Duncan""",
    1985: """Daniel Joshua Luke James Benjamin Ryan Nicholas Thomas Aaron Patrick Alexander Samuel Mitchell Kane Rhys
        Lachlan Brendan Travis Jared Tristan Ahmed Arjun Hiroshi Liam Dylan Zachary Edward Hugh Callum""",
    2000: """Jack Jacob Ethan Harrison Jake Cooper Riley Jayden Connor Max Lewis Tyler Angus Hamish Blake Bailey Caleb
        Aidan Declan Jordan Finn Harvey Mohammed Quang Gurpreet Seth Kai Nathaniel Hunter""",
    2012: """Oliver Noah Leo William Henry Charlie Hudson Archie Theodore Levi Hugo Elijah Arlo Mason Oscar Lincoln
        Jasper Ziggy Banjo Harley Xavier Ari Felix Louis Rafferty Vihaan Omar Ezra Spencer""",
}
GIVEN_NAMES: dict[str, dict[int, list[str]]] = {
    "Female": {year: words(names) for year, names in _FEMALE.items()},
    "Male": {year: words(names) for year, names in _MALE.items()},
}
"""Gender -> first year of the era -> names."""

SURNAMES: list[str] = [
    *words("""
    Smith Jones Williams Brown Wilson Taylor Johnson White Martin Anderson Thompson Thomas Walker Harris Lee Ryan
    Robinson Kelly King Davis Wright Evans Roberts Green Hall Wood Jackson Clarke Hughes Hill Edwards Campbell Moore
    Turner Watson Cooper Scott Young Mitchell Phillips Adams Baker Bell Stewart Murphy Carter Parker Morris Richardson
    Cook Allen Ward Murray Russell Collins Bennett Rogers Gray Reid Graham Simpson Marshall Webb Palmer Hamilton Ellis
    Shaw Foster Cox Mills Knight Butler Fisher Hunt Barnes Chapman Matthews Grant Spencer Dunn Fletcher Lawson Burke
    Doyle Byrne Quinn Gallagher Brennan Nolan Sheehan Crowe Fraser Gordon Ferguson Cameron Sinclair Drummond Innes
    Whitlock Pemberton Ashworth Thistlethwaite Blackwood Hawthorne Winterbourne Larkin Tranter Hogan Bligh Pascoe
    Nguyen Tran Pham Hoang Vo Dang Bui Ngo Duong Wang Zhang Liu Chen Huang Zhao Zhou Wu Xu Lin Chan Wong Leung Cheung
    Ng Lim Tan Teo Kim Park Choi Jung Yamamoto Tanaka Suzuki Watanabe Singh Kaur Patel Sharma Gupta Kumar Reddy Iyer
    Nair Fernando Perera Silva Jayawardena Khan Ahmed Hussain Rahman Hassan Haddad Khoury Nassar Saad Rossi Russo
    Ferrari Esposito Bianchi Romano Ricci Marino Papadopoulos Nikolaidis Georgiou Pappas Stavrou Kovacs Nagy Novak
    Kowalski Wisniewski Jovanovic Petrovic Horvat Babic Schmidt Müller Schneider Weber Jansen Visser Andersen Nilsson
    Lindqvist García Fernández Rodríguez Muñoz Dos-Santos Oliveira Tauiliili Tuilagi Faleolo Mahe Kamara Okafor
    Abdi Tesfaye Mbeki Yılmaz Çelik Nuñez Lefèvre"""),
    *["O'Brien", "O'Connor", "O'Neill", "O'Sullivan", "O'Dwyer", "D'Angelo", "D'Souza", "N'Goma"],
    *["McDonald", "McCarthy", "McKenzie", "McGrath", "McLean", "MacDonald", "MacKenzie", "MacLeod", "MacPherson"],
    *["Smith-Jones", "Taylor-Reid", "Nguyen-Clarke", "Hughes-Patel", "Fitz-Gerald", "Kerr-Morgan", "Bell-Rossi"],
    *["van der Berg", "de Silva", "Van Dyk", "Di Pietro", "von Stein", "Le Brocq", "St John", "El Masri", "da Costa"],
]

NICKNAMES: dict[str, str] = {
    "Margaret": "Peg", "Elizabeth": "Liz", "Patricia": "Trish", "Dorothy": "Dot", "Susan": "Sue", "Christine": "Chris",
    "Jennifer": "Jenny", "Judith": "Judy", "Pamela": "Pam", "Sandra": "Sandy", "Barbara": "Barb", "Deborah": "Deb",
    "Catherine": "Cathy", "Katherine": "Kate", "Rebecca": "Bec", "Samantha": "Sam", "Michelle": "Shell",
    "Jacqueline": "Jackie", "Melissa": "Mel", "Melanie": "Mel", "Jessica": "Jess", "Amanda": "Mandy",
    "Stephanie": "Steph", "Alexandra": "Alex", "Isabella": "Bella", "Madison": "Maddie", "Charlotte": "Lottie",
    "Matilda": "Tilly", "Olivia": "Liv", "Georgia": "George", "Natalie": "Nat", "Natasha": "Tash", "Vanessa": "Ness",
    "William": "Bill", "Kenneth": "Ken", "Ronald": "Ron", "Raymond": "Ray", "Donald": "Don", "Leslie": "Les",
    "Maxwell": "Max", "Robert": "Bob", "Michael": "Mick", "David": "Dave", "Geoffrey": "Geoff", "Stephen": "Steve",
    "Phillip": "Phil", "Gregory": "Greg", "Richard": "Rick", "Anthony": "Tony", "Andrew": "Andy", "Matthew": "Matt",
    "Christopher": "Chris", "Timothy": "Tim", "Daniel": "Dan", "Joshua": "Josh", "Benjamin": "Ben", "Nicholas": "Nick",
    "Thomas": "Tom", "Alexander": "Alex", "Samuel": "Sam", "Mitchell": "Mitch", "Lachlan": "Lachie", "Edward": "Ted",
    "Zachary": "Zac", "Jacob": "Jake", "Nathaniel": "Nate", "Theodore": "Teddy", "Oliver": "Ollie", "Henry": "Harry",
    "Archie": "Arch", "Giuseppe": "Joe", "Antonio": "Tony", "Nikolaos": "Nick", "Mohammed": "Mo", "Terence": "Terry",
}  # fmt: skip
