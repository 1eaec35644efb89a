"""What the terminal explains."""

PAGE = """\
In the browser: {sandbox.address}

"""

WELCOME = """\
This is a Slack workspace on this machine alone, with the bot in it. You can be anybody. Try this:

  1. /thirdparty add "Acme Corp"               you are Anna, an admin: register a third party
  2. /thirdparty contact "Acme Corp" @carla    propose who may receive its credentials
  3. be ben                                    the second admin; press the number beside Approve
  4. /thirdparty enable "Acme Corp"            the switch
  5. /thirdparty issue "Acme Corp"             a token, offered to Carla
  6. be carla                                  the contact; press the number beside Show credentials

Type help for everything else.
"""

HELP = """\
  /thirdparty …       a slash command, typed by whom you are, where you are
  be NAME             become somebody, and read what is new for them
  people              who there is
  read [PLACE]        read again: bot, or a channel such as #third-party-access
  home                open the bot's Home tab
  go CHANNEL          type commands in another channel
  press N             press the button with that number
  wait 1 day          move the clock: minutes, hours, days, weeks, months, years
  traffic [N]         the last exchanges between Slack and the bot
  story               the six steps again
  quit                leave
"""

UNKNOWN = 'I do not know "{word}". Slash commands start with / — help lists what else there is.'

SERVING = """\
The sandbox answers at {sandbox.address} until it is stopped: open that in a browser.
A bot of your own joins with these; the tokens are made anew at every start and open nothing but this sandbox:

SLACK_API_URL={sandbox.api_url}
SLACK_BOT_TOKEN={sandbox.bot_token}
SLACK_APP_TOKEN={sandbox.app_token}
SLACK_SIGNING_SECRET={sandbox.signing_secret}
THIRDPARTY_CHANNEL={sandbox.admin_channel}
"""
