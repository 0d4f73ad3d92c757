//! Ports by the names of their services, as conditions may write them.

use rustc_hash::FxHashMap;

/// The services of a machine, as its services file lists them.
#[derive(Clone, Debug)]
pub struct Services(FxHashMap<Box<str>, u16>);

impl Services {
    /// Reads `name port/protocol alias ...` lines. Of several ports of a name the first counts; lines that are none are
    /// passed over.
    pub fn parse(text: &str) -> Self {
        let mut ports = FxHashMap::default();
        for line in text.lines() {
            let mut words = line.split('#').next().unwrap_or_default().split_ascii_whitespace();
            let (Some(name), Some(port)) = (words.next(), words.next()) else { continue };
            let Some(port) = port.split('/').next().and_then(|port| port.parse().ok()) else {
                continue;
            };
            for name in std::iter::once(name).chain(words) {
                ports.entry(name.into()).or_insert(port);
            }
        }
        Self(ports)
    }

    pub(crate) fn port(&self, name: &str) -> Option<u16> {
        self.0.get(name).copied()
    }
}

/// Those that rules are likely to name, for machines without a services file.
impl Default for Services {
    fn default() -> Self {
        Self::parse(
            "echo 7/tcp\nftp-data 20/tcp\nftp 21/tcp\nssh 22/tcp\ntelnet 23/tcp\nsmtp 25/tcp mail\ntime 37/tcp\n\
             whois 43/tcp\ndomain 53/tcp\nbootps 67/udp\nbootpc 68/udp\ntftp 69/udp\nfinger 79/tcp\nhttp 80/tcp www\n\
             kerberos 88/tcp krb5\npop3 110/tcp\nsunrpc 111/tcp portmapper\nntp 123/udp\nnetbios-ns 137/udp\n\
             imap2 143/tcp imap\nsnmp 161/udp\nbgp 179/tcp\nirc 194/tcp\nldap 389/tcp\nhttps 443/tcp\n\
             microsoft-ds 445/tcp\nsubmission 587/tcp\nsyslog 514/udp\nldaps 636/tcp\ndomain-s 853/tcp\nrsync 873/tcp\n\
             imaps 993/tcp\npop3s 995/tcp\nsocks 1080/tcp\nopenvpn 1194/tcp\nms-sql-s 1433/tcp\nmysql 3306/tcp\n\
             ms-wbt-server 3389/tcp\nsvn 3690/tcp\nsip 5060/tcp\nxmpp-client 5222/tcp\npostgresql 5432/tcp postgres\n\
             amqp 5672/tcp\nx11 6000/tcp\nredis 6379/tcp\nircd 6667/tcp\nhttp-alt 8080/tcp webcache\ngit 9418/tcp\n",
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_is_known_by_its_name_and_its_aliases() {
        let services =
            Services::parse("# all\nhttp\t80/tcp\twww # web\nhttp 81/udp\nbroken\nx y/tcp\n");
        let ports = ["http", "www", "broken", "x", "web"].map(|name| services.port(name));
        assert_eq!(ports, [Some(80), Some(80), None, None, None]);
        assert_eq!(Services::default().port("https"), Some(443));
    }
}
