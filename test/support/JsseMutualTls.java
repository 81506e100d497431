import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.InetAddress;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLServerSocketFactory;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;

/** Both sides of a connection with what the options of the command say: `serve`, or `connect` and a port. */
public class JsseMutualTls {
    public static void main(String[] args) throws Exception {
        if (args[0].equals("connect")) connect(Integer.parseInt(args[1]));
        else serve();
    }

    private static void serve() throws Exception {
        var sockets = SSLServerSocketFactory.getDefault();
        var server = (SSLServerSocket) sockets.createServerSocket(0, 10, InetAddress.getByName("127.0.0.1"));
        server.setNeedClientAuth(true);
        System.out.println("port " + server.getLocalPort());
        while (true) {
            try (var socket = (SSLSocket) server.accept()) {
                socket.startHandshake();
                String name = socket.getSession().getPeerPrincipal().getName();
                socket.getOutputStream().write((name + "\n").getBytes());
            } catch (java.io.IOException refused) {
                System.out.println("refused: " + refused.getMessage());
            }
        }
    }

    private static void connect(int port) throws Exception {
        var socket = (SSLSocket) SSLSocketFactory.getDefault().createSocket("localhost", port);
        SSLParameters parameters = socket.getSSLParameters();
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
        socket.setSSLParameters(parameters);
        try (socket) {
            var lines = new BufferedReader(new InputStreamReader(socket.getInputStream()));
            System.out.println(lines.readLine());
        }
    }
}
