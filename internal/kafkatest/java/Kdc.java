import java.io.File;
import java.nio.file.Path;
import java.util.Scanner;
import org.apache.kerby.kerberos.kerb.KrbException;
import org.apache.kerby.kerberos.kerb.client.KrbClient;
import org.apache.kerby.kerberos.kerb.server.SimpleKdcServer;

/**
 * A Kerberos KDC, with a keytab for each of some users.
 *
 * Arguments: FOLDER PORT,... REALM NAME...
 *
 * FOLDER gets, of each NAME (such as alice or kafka/localhost), alice.keytab or kafka.keytab; of the first one stale.keytab
 * as well, with a key from before a change of the password, and alice.ccache, a ticket cache. For tests, bob.keytab has a key of
 * bob and elsewhere.keytab one of alice@ELSEWHERE.COM, neither of whom this KDC knows.
 * READY PORT: it answers there, at localhost, over TCP: at the first of the ports that nobody has taken.
 */
public class Kdc {
    public static void main(String[] args) throws Exception {
        Path folder = Path.of(args[0]);
        String realm = args[2];
        SimpleKdcServer kdc = null;
        String port = null;
        for (String candidate : args[1].split(",")) {
            port = candidate;
            kdc = started(folder, realm, Integer.parseInt(port));
            if (kdc != null) {
                break;
            }
        }
        for (int i = 3; i < args.length; i++) {
            String principal = args[i] + "@" + realm;
            kdc.createPrincipal(principal, "old");
            if (i == 3) {
                kdc.exportPrincipal(principal, file(folder, "stale.keytab"));
                kdc.getKadmin().changePassword(principal, "new");
            }
            kdc.exportPrincipal(principal, file(folder, args[i].split("/")[0] + ".keytab"));
        }
        gone(kdc, "bob@" + realm, file(folder, "bob.keytab"));
        gone(kdc, "alice@ELSEWHERE.COM", file(folder, "elsewhere.keytab"));
        KrbClient client = kdc.getKrbClient();
        client.storeTicket(client.requestTgt(args[3] + "@" + realm, file(folder, args[3] + ".keytab")), file(folder, args[3] + ".ccache"));
        System.out.println("READY " + port);
        Scanner in = new Scanner(System.in);
        while (in.hasNextLine()) {
            in.nextLine();
        }
        kdc.stop();
    }

    static SimpleKdcServer started(Path folder, String realm, int port) throws Exception {
        SimpleKdcServer kdc = new SimpleKdcServer();
        kdc.setWorkDir(folder.toFile());
        kdc.setKdcHost("localhost");
        kdc.setKdcRealm(realm);
        kdc.setKdcTcpPort(port);
        kdc.setAllowUdp(false);
        kdc.init();
        try {
            kdc.start();
        } catch (KrbException e) {
            System.err.println(e);
            return null;
        }
        return kdc;
    }

    static void gone(SimpleKdcServer kdc, String principal, File keytab) throws Exception {
        kdc.createPrincipal(principal, "old");
        kdc.exportPrincipal(principal, keytab);
        kdc.deletePrincipal(principal);
    }

    static File file(Path folder, String name) {
        return folder.resolve(name).toFile();
    }
}
