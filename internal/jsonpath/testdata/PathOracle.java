import com.jayway.jsonpath.*;
import java.io.*;
import java.nio.charset.StandardCharsets;
import java.util.*;
import net.minidev.json.JSONArray;
import net.minidev.json.JSONStyle;
import net.minidev.json.JSONValue;

/**
 * Answers JSONPath questions with Jayway JsonPath 3.0.0.
 *
 *     java -cp json-path.jar:json-smart.jar:accessors-smart.jar:asm.jar:slf4j-api.jar PathOracle.java < questions.jsonl > more.jsonl
 *
 * A question is a JSON array of two strings, a path and a document; the
 * answer is a case of the form of jsonpath.jsonl.
 */
public class PathOracle {
    public static void main(String[] args) throws IOException {
        var in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        var out = new PrintWriter(new OutputStreamWriter(System.out, StandardCharsets.UTF_8), true);
        int n = 0;
        for (String line; (line = in.readLine()) != null; ) {
            JSONArray q = (JSONArray) JSONValue.parse(line);
            Map<String, Object> row = new LinkedHashMap<>();
            row.put("id", "more-" + ++n);
            row.put("path", q.get(0));
            row.put("document", q.get(1));
            answer((String) q.get(0), (String) q.get(1), row);
            out.println(JSONValue.toJSONString(row, JSONStyle.NO_COMPRESS));
        }
    }

    static void answer(String path, String doc, Map<String, Object> row) {
        Configuration c = Configuration.defaultConfiguration();
        Object parsed = c.jsonProvider().parse(doc);
        JsonPath p;
        try {
            p = JsonPath.compile(path);
        } catch (RuntimeException | StackOverflowError e) {
            row.put("error", "invalid-path");
            return;
        }
        try {
            Object v = p.read(parsed, c);
            row.put("definite", p.isDefinite());
            row.put("string", v == null ? "" : v.toString());
            if (v instanceof Map || v instanceof List) row.put("json", c.jsonProvider().toJson(v));
        } catch (PathNotFoundException e) {
            row.put("missing", true);
        } catch (InvalidPathException e) {
            row.put("error", "invalid-path");
        } catch (RuntimeException | StackOverflowError e) {
            row.put("error", "evaluation");
        }
    }
}
