import java.io.FileInputStream;
import java.security.KeyStore;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;

/** Verifies chains as Java's TLS does: `Verify root.pem client|server file.pem…`, one verdict a line. */
public class Verify {
  static X509Certificate[] read(String path) throws Exception {
    try (FileInputStream in = new FileInputStream(path)) {
      return CertificateFactory.getInstance("X.509").generateCertificates(in).toArray(new X509Certificate[0]);
    }
  }

  public static void main(String[] args) throws Exception {
    KeyStore roots = KeyStore.getInstance("PKCS12");
    roots.load(null, null);
    X509Certificate[] trusted = read(args[0]);
    for (int at = 0; at < trusted.length; at++) roots.setCertificateEntry("root-" + at, trusted[at]);
    TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
    factory.init(roots);
    X509TrustManager manager = (X509TrustManager) factory.getTrustManagers()[0];
    for (int at = 2; at < args.length; at++) {
      X509Certificate[] chain = read(args[at]);
      String type = chain[0].getPublicKey().getAlgorithm();
      try {
        if (args[1].equals("client")) manager.checkClientTrusted(chain, type);
        else manager.checkServerTrusted(chain, type.equals("EC") ? "ECDHE_ECDSA" : "ECDHE_RSA");
        System.out.println("accepted");
      } catch (CertificateException error) {
        System.out.println(error.getMessage());
      }
    }
  }
}
