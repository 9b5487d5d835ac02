dnl The guard at a Sendmail that is a secondary MX, by a socket map; no milter is needed. In sendmail.mc, behind the
dnl MAILER lines:
dnl     include(`/etc/mail/mxguard.m4')
dnl The guard listens there:
dnl     smtpdcheck serve --socketmap inet:127.0.0.1:10041
dnl There is no rule for <TMPF>, which stands in for the answer of a guard that is down: mail is then taken. With a
dnl path instead of a port ("local:/run/smtpdcheck/socketmap.sock") nobody else may write to any folder on the way.
dnl Left and right side of a rule are separated by tabs.
LOCAL_CONFIG
Kmxguard socket -T<TMPF> inet:10041@127.0.0.1

LOCAL_RULESETS
SLocal_check_rcpt
R$*	$: $1 $| $&{auth_type}
R$* $| $+	$@ $1
R$* $|	$: $1 $| $>canonify $1
R$* $| $* < @ $+ . > $*	$: $1 $| $2 < @ $3 > $4
R$* $| $* < @ $+ > $*	$: $1 $| $(mxguard $&{if_addr} $3 $&{client_addr} <$&f> $1 $: NONE $)
R$* $| DEFER $+	$#error $@ 4.3.2 $: "450 Please use " $2
