import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.opensearch.analysis.common.CommonAnalysisPlugin;
import org.opensearch.common.settings.Settings;
import org.opensearch.http.HttpServerTransport;
import org.opensearch.node.InternalSettingsPreparer;
import org.opensearch.node.Node;
import org.opensearch.transport.Netty4Plugin;

/** A single node on loopback, with its data in the given folder. Prints its address, and ends with its standard input. */
public class Cluster extends Node {
    Cluster(Settings settings) {
        super(InternalSettingsPreparer.prepareEnvironment(settings, Map.of(), null, () -> "test"),
            List.of(Netty4Plugin.class, CommonAnalysisPlugin.class), true);
    }

    public static void main(String[] arguments) throws Exception {
        var home = Path.of(arguments[0]);
        Files.createDirectories(home.resolve("config"));
        var settings = Settings.builder()
            .put("path.home", home).put("cluster.name", "test").put("node.name", "test")
            .put("network.host", "127.0.0.1").put("http.port", "0").put("transport.port", "0")
            .put("discovery.type", "single-node").put("transport.type", "netty4").put("http.type", "netty4")
            .put("cluster.routing.allocation.disk.threshold_enabled", false).build();
        var node = new Cluster(settings).start();
        System.out.println(node.injector().getInstance(HttpServerTransport.class).boundAddress().publishAddress());
        System.in.read();
        node.close();
        System.exit(0);
    }
}
