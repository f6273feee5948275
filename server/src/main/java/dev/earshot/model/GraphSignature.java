package dev.earshot.model;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/** The inputs and outputs that a bundle's format asks of a graph. */
record GraphSignature(
    String name, Map<String, OnnxJavaType> inputs, Map<String, OnnxJavaType> outputs) {

  /** Inputs and outputs are these, and no others. */
  void check(OrtSession session, String file) throws BundleException, OrtException {
    check(session.getInputInfo(), inputs, "input", file);
    check(session.getOutputInfo(), outputs, "output", file);
  }

  /** Outputs are these and no others; of the inputs, any. */
  void checkSome(OrtSession session, String file) throws BundleException, OrtException {
    Map<String, OnnxJavaType> declared = new HashMap<>(inputs);
    if (inputs.keySet().containsAll(session.getInputInfo().keySet())) {
      declared.keySet().retainAll(session.getInputInfo().keySet());
    }
    check(session.getInputInfo(), declared, "input", file);
    check(session.getOutputInfo(), outputs, "output", file);
  }

  private static void check(
      Map<String, NodeInfo> actual, Map<String, OnnxJavaType> expected, String kind, String file)
      throws BundleException {
    Set<String> names = actual.keySet();
    if (!names.equals(expected.keySet())) {
      throw new BundleException(
          file, kind + "s " + names + " (expected: " + expected.keySet() + ")");
    }
    for (NodeInfo node : actual.values()) {
      OnnxJavaType type = expected.get(node.getName());
      if (!(node.getInfo() instanceof TensorInfo tensor) || tensor.type != type) {
        throw new BundleException(
            file,
            kind + " " + node.getName() + ": " + node.getInfo() + " (expected: " + type + ")");
      }
    }
  }
}
