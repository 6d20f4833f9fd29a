/* What scorer/Native.java calls: score.h for the Java VM. Texts cross as bytes of UTF-8. */

#include <jni.h>
#include <stdlib.h>
#include <string.h>

#include "score.h"

#define MODEL(handle) ((score_model *)(intptr_t)(handle))
#define NATIVE(type, name) JNIEXPORT type JNICALL Java_scorer_Native_##name

static jbyteArray copy_bytes(JNIEnv *env, const void *bytes, size_t length) {
  jbyteArray array = (*env)->NewByteArray(env, (jsize)length);
  if (array && length) (*env)->SetByteArrayRegion(env, array, 0, (jsize)length, bytes);
  return array;
}

static jbyteArray copy_text(JNIEnv *env, const char *text) { return copy_bytes(env, text ? text : "", text ? strlen(text) : 0); }

NATIVE(jlong, open)(JNIEnv *env, jclass type, jbyteArray library, jbyteArray model) {
  (void)type;
  jsize length = (*env)->GetArrayLength(env, library);
  char *path = calloc((size_t)length + 1, 1);
  jbyte *bytes = (*env)->GetByteArrayElements(env, model, NULL);
  score_model *opened = NULL;
  if (path && bytes) {
    (*env)->GetByteArrayRegion(env, library, 0, length, (jbyte *)path);
    opened = score_open(path, bytes, (size_t)(*env)->GetArrayLength(env, model));
  }
  if (bytes) (*env)->ReleaseByteArrayElements(env, model, bytes, JNI_ABORT);
  free(path);
  return (jlong)(intptr_t)opened;
}

NATIVE(void, close)(JNIEnv *env, jclass type, jlong model) { (void)env, (void)type, score_close(MODEL(model)); }
NATIVE(jbyteArray, error)(JNIEnv *env, jclass type, jlong model) { return (void)type, copy_text(env, score_error(MODEL(model))); }
NATIVE(jbyteArray, version)(JNIEnv *env, jclass type, jlong model) { return (void)type, copy_text(env, score_version(MODEL(model))); }
NATIVE(jint, inputs)(JNIEnv *env, jclass type, jlong model) { return (void)env, (void)type, score_inputs(MODEL(model)); }
NATIVE(jint, outputs)(JNIEnv *env, jclass type, jlong model) { return (void)env, (void)type, score_outputs(MODEL(model)); }
NATIVE(jint, run)(JNIEnv *env, jclass type, jlong model) { return (void)env, (void)type, score_run(MODEL(model)); }

NATIVE(jbyteArray, inputName)(JNIEnv *env, jclass type, jlong model, jint place) {
  return (void)type, copy_text(env, score_input_name(MODEL(model), place));
}

NATIVE(jbyteArray, outputName)(JNIEnv *env, jclass type, jlong model, jint place) {
  return (void)type, copy_text(env, score_output_name(MODEL(model), place));
}

NATIVE(jint, outputKind)(JNIEnv *env, jclass type, jlong model, jint place) {
  return (void)env, (void)type, score_output_kind(MODEL(model), place);
}

NATIVE(jint, setNumbers)(JNIEnv *env, jclass type, jlong model, jint input, jdoubleArray cells) {
  (void)type;
  jdouble *held = (*env)->GetDoubleArrayElements(env, cells, NULL);
  if (!held) return 1;
  int failed = score_set(MODEL(model), input, (*env)->GetArrayLength(env, cells), held, NULL);
  (*env)->ReleaseDoubleArrayElements(env, cells, held, JNI_ABORT);
  return failed;
}

NATIVE(jint, setIntegers)(JNIEnv *env, jclass type, jlong model, jint input, jlongArray cells) {
  (void)type;
  jlong *held = (*env)->GetLongArrayElements(env, cells, NULL);
  if (!held) return 1;
  int failed = score_set(MODEL(model), input, (*env)->GetArrayLength(env, cells), held, NULL);
  (*env)->ReleaseLongArrayElements(env, cells, held, JNI_ABORT);
  return failed;
}

NATIVE(jint, setBooleans)(JNIEnv *env, jclass type, jlong model, jint input, jbyteArray cells) {
  (void)type;
  jbyte *held = (*env)->GetByteArrayElements(env, cells, NULL);
  if (!held) return 1;
  int failed = score_set(MODEL(model), input, (*env)->GetArrayLength(env, cells), held, NULL);
  (*env)->ReleaseByteArrayElements(env, cells, held, JNI_ABORT);
  return failed;
}

NATIVE(jint, setTexts)(JNIEnv *env, jclass type, jlong model, jint input, jbyteArray cells, jlongArray offsets) {
  (void)type;
  jbyte *held = (*env)->GetByteArrayElements(env, cells, NULL);
  jlong *starts = (*env)->GetLongArrayElements(env, offsets, NULL);
  int failed = 1;
  if (held && starts) failed = score_set(MODEL(model), input, (*env)->GetArrayLength(env, offsets) - 1, held, (const int64_t *)starts);
  if (held) (*env)->ReleaseByteArrayElements(env, cells, held, JNI_ABORT);
  if (starts) (*env)->ReleaseLongArrayElements(env, offsets, starts, JNI_ABORT);
  return failed;
}

static jsize count_values(const score_model *model, int output) { return (jsize)(score_rows(model) * score_width(model, output)); }

NATIVE(jdoubleArray, numbers)(JNIEnv *env, jclass type, jlong model, jint output) {
  (void)type;
  jsize count = count_values(MODEL(model), output);
  jdoubleArray array = (*env)->NewDoubleArray(env, count);
  if (array) (*env)->SetDoubleArrayRegion(env, array, 0, count, score_data(MODEL(model), output));
  return array;
}

NATIVE(jlongArray, integers)(JNIEnv *env, jclass type, jlong model, jint output) {
  (void)type;
  jsize count = count_values(MODEL(model), output);
  jlongArray array = (*env)->NewLongArray(env, count);
  if (array) (*env)->SetLongArrayRegion(env, array, 0, count, score_data(MODEL(model), output));
  return array;
}

NATIVE(jbyteArray, texts)(JNIEnv *env, jclass type, jlong model, jint output) {
  (void)type;
  const int64_t *offsets = score_offsets(MODEL(model), output);
  return copy_bytes(env, score_data(MODEL(model), output), (size_t)offsets[count_values(MODEL(model), output)]);
}

NATIVE(jlongArray, offsets)(JNIEnv *env, jclass type, jlong model, jint output) {
  (void)type;
  jsize count = count_values(MODEL(model), output) + 1;
  jlongArray array = (*env)->NewLongArray(env, count);
  if (array) (*env)->SetLongArrayRegion(env, array, 0, count, (const jlong *)score_offsets(MODEL(model), output));
  return array;
}
