import java.io.FileInputStream;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.util.Base64;
import java.util.Collections;

/** Prints the key and the chain of each keystore, in Base64, a line a file. The password is in the environment. */
public class ReadStore {
    public static void main(String[] files) throws Exception {
        char[] password = System.getenv("STORE_PASSWORD").toCharArray();
        for (String file : files) {
            KeyStore store = KeyStore.getInstance("PKCS12");
            try (FileInputStream stream = new FileInputStream(file)) {
                store.load(stream, password);
            } catch (java.io.IOException unreadable) {
                System.out.println("unreadable: " + unreadable.getMessage());
                continue;
            }
            for (String alias : Collections.list(store.aliases())) {
                StringBuilder line = new StringBuilder(encode(store.getKey(alias, password).getEncoded()));
                for (Certificate one : store.getCertificateChain(alias)) line.append(" ").append(encode(one.getEncoded()));
                System.out.println(line);
            }
        }
    }

    private static String encode(byte[] bytes) {
        return Base64.getEncoder().encodeToString(bytes);
    }
}
