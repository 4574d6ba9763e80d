// Standard input: an event pattern, then events, one JSON a line. Standard output: for each event whether EventBridge's own matcher takes it.
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import software.amazon.event.ruler.Machine;

class MatchesRule {
  public static void main(String[] arguments) throws Exception {
    var input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    var machine = Machine.builder().build();
    machine.addRule("rule", input.readLine());
    for (String event; (event = input.readLine()) != null; ) {
      System.out.println(!machine.rulesForJSONEvent(event).isEmpty());
    }
  }
}
