"""Who is in the sandbox. The only invented people of the project."""

from sandbox.records import Channel, Team, User, UserGroup

HOME = Team("T01MEADOW00", "Meadow", "meadow")
FJORD = Team("T02FJORD000", "Fjord Systems", "fjord-systems")
LAKESIDE = Team("T03LAKESIDE", "Lakeside", "lakeside")

APP_ID = "A01SANDBOX0"
BOT_USER = "U20APPBOT00"
BOT_ID = "B20APPBOT00"


def users(bot_name: str, home: Team = HOME) -> list[User]:
    """Fresh records of everybody, the app's own bot user included. `home`: the team that has the workspace."""
    handle = bot_name.lower().replace(" ", "")

    def at_home(handle: str) -> str:
        return f"{handle}@{home.domain}.example"

    return [
        User("U01ANNABERG", "anna", "Anna Berg", home.id, "Europe/Berlin", at_home("anna"), True, True),
        User("U02BENITO00", "ben", "Ben Ito", home.id, "Asia/Tokyo", at_home("ben"), True),
        User("U03MIACOSTA", "mia", "Mia Costa", home.id, "America/Sao_Paulo", at_home("mia")),
        User("U04OMARHADD", "omar", "Omar Haddad", home.id, "Europe/London", at_home("omar")),
        User("U05CARLARUZ", "carla", "Carla Ruiz", home.id, "America/New_York", "carla@acme.example", guest="multi"),
        User("U06ERIKLUND", "erik", "Erik Lund", FJORD.id, "Europe/Oslo"),
        User("U07SVENHOLM", "sven", "Sven Holm", LAKESIDE.id, "Europe/Stockholm", stranger=True),
        User("U08DORAWEIS", "dora", "Dora Weiss", home.id, "Europe/Berlin", at_home("dora"), deleted=True),
        User("U09HOOKBOT0", "hookbot", "hookbot", home.id, "Etc/UTC", is_bot=True, bot_id="B09HOOKBOT0"),
        User(BOT_USER, handle, bot_name, home.id, "Etc/UTC", is_bot=True, bot_id=BOT_ID),
    ]


def channels() -> list[Channel]:
    """Fresh records of the channels. The bot is in all of them but #general."""
    anna, ben, mia, omar = "U01ANNABERG", "U02BENITO00", "U03MIACOSTA", "U04OMARHADD"
    return [
        Channel("C01GENERAL0", "general", "public", [anna, ben, mia, omar, "U09HOOKBOT0"]),
        Channel("C02TPACCESS", "third-party-access", "private", [anna, ben, BOT_USER]),
        Channel(
            "C03ACMESHRD", "acme-shared", "public", [anna, omar, "U05CARLARUZ", "U06ERIKLUND", BOT_USER], [FJORD.id]
        ),
    ]


def user_groups() -> list[UserGroup]:
    """Fresh records of the user groups."""
    return [UserGroup("S01ACCESSAD", "access-admins", "Access admins", ["U01ANNABERG", "U02BENITO00"])]


def teams(home: Team = HOME) -> dict[str, Team]:
    """Every organisation by its id."""
    return {team.id: team for team in (home, FJORD, LAKESIDE)}
