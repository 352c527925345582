// The words of the pages, Vietnamese first. `{name}` is filled in.

const CATALOGUE = {
  bookTitle: ["Sổ điểm", "Score book"],
  childTitle: ["Điểm của con", "My child's scores"],
  skip: ["Bỏ qua, đến bảng điểm", "Skip to the scores"],
  language: ["English", "Tiếng Việt"],
  signIn: ["Đăng nhập", "Sign in"],
  signOut: ["Đăng xuất", "Sign out"],
  signedIn: ["Đã đăng nhập.", "Signed in."],
  signedOut: ["Chưa đăng nhập.", "Not signed in."],
  askSignIn: ["Hãy đăng nhập để mở sổ điểm.", "Sign in to open the score book."],
  askSignInChild: ["Hãy đăng nhập để xem điểm của con.", "Sign in to see your child's scores."],
  leaveUnsent: [
    "Còn {n} ô chưa gửi. Các ô này được giữ trong máy và gửi khi bạn đăng nhập lại tại đây. Vẫn đăng xuất?",
    "Not sent yet: {n}. These cells stay on this computer and are sent when you sign in here again. Sign out?",
  ],
  noStore: [
    "Trình duyệt không cho trang này giữ điểm chưa gửi, nên không nhập được. Hãy tắt chế độ ẩn danh.",
    "This browser keeps nothing for the page, so nothing can be typed. Leave private browsing.",
  ],
  offline: ["Mất kết nối. Hãy tải lại trang.", "No connection. Reload the page."],
  failed: ["Hệ thống đang có lỗi. Hãy thử lại sau.", "Something went wrong. Try again later."],
  loading: ["Đang tải…", "Loading…"],

  schoolYear: ["Năm học", "School year"],
  class: ["Lớp", "Class"],
  subject: ["Môn", "Subject"],
  term: ["Học kỳ", "Term"],
  HK1: ["Học kỳ I", "Term I"],
  HK2: ["Học kỳ II", "Term II"],
  CN: ["Cả năm", "Whole year"],
  HE: ["Hè", "Summer"],
  noSchool: [
    "Tài khoản này không gắn với trường nào, nên không có sổ điểm để mở.",
    "This account belongs to no school, so there is no score book to open.",
  ],
  noClass: ["Năm học này chưa có lớp nào của bạn.", "You have no class in this school year."],
  notThisClass: [
    "Tài khoản này không mở được lớp trong địa chỉ. Hãy chọn lớp khác.",
    "This account cannot open the class in the address. Choose another one.",
  ],
  forget: ["Bỏ các ô này", "Discard them"],
  askForget: ["Bỏ {n} ô đã nhập mà chưa gửi?", "Discard what was typed and not sent? (cells: {n})"],
  noSubject: ["Lớp này chưa phân công môn nào.", "No subject of this class is assigned yet."],
  noColumn: ["Chưa có cột điểm nào. Hãy mở cột đầu tiên.", "No column yet. Open the first one."],
  noPupil: ["Lớp chưa có học sinh.", "This class has no pupils yet."],
  toClosing: ["Các bước khoá sổ", "Steps of closing"],
  addColumn: ["Mở cột", "Open column"],
  newColumn: ["Cột mới", "New column"],

  pupil: ["Học sinh", "Pupil"],
  left: ["đã rời lớp", "left the class"],
  "label-regular": ["TX{n}", "R{n}"],
  "label-special-topic": ["CĐ", "ST"],
  "label-midterm": ["GK", "Mid"],
  "label-endterm": ["CK", "End"],
  "label-retest": ["KTL", "Re"],
  "label-exam": ["Thi {n}", "Ex {n}"],
  "title-regular": ["Thường xuyên {n}", "Regular {n}"],
  "title-special-topic": ["Chuyên đề học tập", "Special topic"],
  "title-midterm": ["Giữa kỳ", "Mid-term"],
  "title-endterm": ["Cuối kỳ", "End of term"],
  "title-retest": ["Kiểm tra lại", "Re-test"],
  "title-exam": ["Bài thi {n}", "Paper {n}"],
  lockedExam: ["điểm thi do Sở nhập, chỉ xem", "examination marks come from the department: read only"],
  lockedNotYours: [
    "chỉ giáo viên dạy môn này và hiệu trưởng được nhập",
    "only this subject's teacher and the principal may enter scores",
  ],

  "closed-not-yet": ["chưa đến thời gian nhập cột này", "this column's entry window has not opened yet"],
  "closed-window-over": ["đã hết hạn nhập ngày {day}", "the entry window ended on {day}"],
  "closed-locked": ["sổ của môn và học kỳ này đã khoá", "the book of this subject and term is locked"],

  column: ["Cột", "Column"],
  columnNamed: ["Cột {name}", "Column {name}"],
  openNow: ["đang mở để nhập", "open for entry"],
  openUntil: ["nhập được đến hết ngày {day}", "open for entry until {day}"],
  reopenedUntil: ["được mở lại đến {at}", "open again until {at}"],
  reopenAsked: [
    "đã có đề nghị mở lại lúc {at}, chờ người thứ hai xác nhận",
    "re-opening was requested at {at}; a second person has to confirm",
  ],
  published: ["đã công bố", "published"],
  publishedAt: ["đã công bố cho phụ huynh lúc {at}", "published to guardians at {at}"],
  notPublished: ["chưa công bố cho phụ huynh", "not published to guardians"],
  publish: ["Công bố cột", "Publish column"],
  withdraw: ["Rút công bố", "Withdraw"],
  reopen: ["Đề nghị mở lại…", "Request re-opening…"],
  askPublish: [
    "Công bố cột {name}? Phụ huynh thấy cột này và được báo điểm; sau đó điểm nào được sửa, phụ huynh cũng thấy ngay.",
    "Publish column {name}? Guardians see it and are told the scores; from then on they see each correction at once.",
  ],
  askWithdraw: [
    "Rút công bố cột {name}? Phụ huynh không còn thấy cột này và được báo là đã rút.",
    "Withdraw column {name}? Guardians no longer see it, and are told so.",
  ],
  publishedNow: ["Đã công bố cột {name}.", "Column {name} is published."],
  withdrawnNow: ["Đã rút công bố cột {name}.", "Column {name} is withdrawn."],
  requestSent: [
    "Đã gửi đề nghị mở lại {name}. Cột mở khi người thứ hai xác nhận.",
    "Re-opening of {name} is requested. It opens once a second person confirms.",
  ],
  answered: ["Đã trả lời đề nghị mở lại {name}.", "The request for {name} is answered."],
  reopenTitle: ["Đề nghị mở lại: {what}", "Request re-opening: {what}"],
  reopenNote: [
    "Người thứ hai phải xác nhận. Thời hạn tính từ lúc xác nhận, hết hạn thì tự khoá lại.",
    "A second person has to confirm. The time runs from then on, and it closes again by itself.",
  ],
  "reopen-entry-error": ["Nhập sai", "Entered wrongly"],
  "reopen-late": ["Chưa nhập kịp", "Not entered in time"],
  "reopen-make-up-test": ["Học sinh kiểm tra bù", "Make-up test"],
  "reopen-remarked": ["Chấm lại, phúc khảo", "Marked again"],
  "reopen-other": ["Lý do khác", "Another reason"],
  hours: ["Mở trong bao nhiêu giờ", "For how many hours"],
  sendRequest: ["Gửi đề nghị", "Send request"],
  asksReopening: [
    "{by} đề nghị mở lại trong {hours} giờ, lúc {at}. Lý do: {why}.",
    "{by} asked at {at} to re-open for {hours} hours. Reason: {why}.",
  ],
  secondPerson: [
    "Bạn là người đề nghị nên không tự xác nhận được: cần người thứ hai.",
    "You asked for it yourself: a second person has to confirm.",
  ],
  opinion: ["Ý kiến (không bắt buộc)", "Comment (optional)"],
  confirmReopening: ["Xác nhận mở lại", "Confirm"],
  reject: ["Từ chối", "Reject"],
  notSent: [
    "Mất kết nối, chưa biết đã gửi được chưa. Hãy bấm lại: việc này chỉ được làm một lần.",
    "The connection was lost. Press again: it is done only once.",
  ],

  keys: [
    "Mũi tên, Enter, Tab: đi lại. Gõ là thay điểm, F2 sửa trong ô, Delete xoá, Esc bỏ. Ctrl+C, Ctrl+V: chép, dán cả khối từ Excel. Ctrl+Z hoàn tác. Shift+F2 lịch sử ô. Esc rồi Tab: ra khỏi bảng. P: vắng có phép, KP: vắng không phép (0 điểm).",
    "Arrows, Enter, Tab move. Typing replaces, F2 edits, Delete empties, Esc cancels. Ctrl+C, Ctrl+V copy and paste a block from Excel. Ctrl+Z undoes. Shift+F2 shows a cell's history. Esc then Tab leaves the grid. P: absent with leave, KP: absent without leave (0).",
  ],
  help: ["Phím tắt", "Keys"],
  excused: ["P: vắng có phép", "P: with leave"],
  absent: ["KP: vắng không phép", "KP: without leave"],
  undo: ["Hoàn tác", "Undo"],
  redo: ["Làm lại", "Redo"],
  history: ["Lịch sử ô", "Cell history"],
  quick: ["Gõ nhanh 85 → 8,5", "Quick typing 85 → 8,5"],
  noCell: ["Chọn một ô để xem chi tiết.", "Choose a cell to see more."],

  "state-": ["", ""],
  "state-saved": ["Đã lưu.", "Saved."],
  "state-sending": ["Đang gửi…", "Sending…"],
  "state-waiting": ["Chờ gửi.", "Waiting to be sent."],
  "state-reason": ["Điểm này đã lưu: cần lý do để sửa.", "This mark is saved: say why it changes."],
  notANumber: ["“{text}” không phải là điểm: nhập số từ 0 đến 10, P hoặc KP.", "“{text}” is no mark: type 0 to 10, P or KP."],
  notAComment: ["“{text}” không dùng được: môn này nhập Đ, CĐ, P hoặc KP.", "“{text}” cannot be used: this subject takes Đ, CĐ, P or KP."],
  over10: ["“{text}” lớn hơn 10.", "“{text}” is more than 10."],
  "decimals-whole": ["“{text}”: cột này chỉ nhận số nguyên.", "“{text}”: whole numbers only."],
  "decimals-tenths": ["“{text}”: nhiều nhất một chữ số thập phân, ví dụ 8,5.", "“{text}”: at most one decimal, such as 8,5."],
  "decimals-hundredths": ["“{text}”: nhiều nhất hai chữ số thập phân, ví dụ 8,25.", "“{text}”: at most two decimals, such as 8,25."],
  disputed: [
    "Trong lúc bạn nhập “{mine}”, ô này đã được đổi thành “{theirs}” lúc {at}.",
    "While you typed “{mine}”, this cell was changed to “{theirs}” at {at}.",
  ],
  empty: ["trống", "empty"],
  keepMine: ["Giữ điểm của tôi", "Keep mine"],
  sendAgain: ["Gửi lại", "Send again"],
  takeTheirs: ["Lấy điểm đang lưu", "Take the saved one"],

  allSaved: ["Đã lưu tất cả.", "Everything is saved."],
  nSending: ["Đang gửi {n} ô…", "Sending… ({n})"],
  nWaiting: ["{n} ô chờ gửi.", "To be sent: {n}."],
  nOffline: [
    "Mất kết nối: {n} ô được giữ trong máy này và tự gửi khi có mạng.",
    "No connection. Kept on this computer and sent when it is back: {n}.",
  ],
  nBusy: ["Máy chủ đang bận: {n} ô được giữ trong máy này và tự gửi lại.", "The server is busy. Kept here and sent again: {n}."],
  nSignIn: [
    "Phiên đăng nhập đã hết: {n} ô được giữ trong máy này. Đăng nhập lại để gửi.",
    "Your session has ended. Kept on this computer until you sign in again: {n}.",
  ],
  nWrong: ["{n} ô cần sửa", "To mend: {n}"],
  nReason: ["{n} ô cần lý do", "Needs a reason: {n}"],
  nElsewhere: ["{n} ô chưa gửi ở bảng khác", "Unsent in another table: {n}"],
  notPlaced: [
    "{n} giá trị không có chỗ trong bảng, chưa được dán: {texts}",
    "Not pasted, for want of a place ({n}): {texts}",
  ],
  undone: ["Đã hoàn tác {n} ô.", "Undone: {n}."],
  nothingToUndo: ["Không còn gì để hoàn tác.", "Nothing left to undo."],

  reasonTitle: ["Vì sao sửa {n} ô đã có điểm?", "Why change what is saved? (cells: {n})"],
  reasonNote: ["Lý do được ghi vào lịch sử của ô.", "The reason is kept in the cell's history."],
  reason: ["Lý do", "Reason"],
  "reason-entry-error": ["Nhập nhầm", "Typing error"],
  "reason-remarked": ["Chấm lại, phúc khảo", "Marked again"],
  "reason-make-up-test": ["Kiểm tra bù", "Make-up test"],
  "reason-rule-applied": ["Xử lý theo quy chế", "By the rules"],
  "reason-other": ["Lý do khác", "Another reason"],
  inWords: ["Ghi rõ (bắt buộc với lý do khác)", "In words (needed for another reason)"],
  keepReason: ["Dùng cho các ô sửa tiếp theo", "Use it for the next corrections, too"],
  confirm: ["Lưu", "Save"],
  cancel: ["Để sau", "Later"],
  close: ["Đóng", "Close"],

  absencesTitle: ["Chuyên cần", "Attendance"],
  noRollCall: ["Trường chưa điểm danh buổi nào của con.", "No roll has been called for your child yet."],
  neverAbsent: ["Năm học này con chưa nghỉ ngày nào.", "Your child has not missed a day this school year."],
  absentDays: [
    "Năm học này con nghỉ {n} ngày, có phép và không phép (nghỉ cả sáng và chiều là một ngày, đi muộn không phải là nghỉ).",
    "Your child missed {n} day(s) this school year, with and without leave (morning and afternoon make one day; coming late is none).",
  ],
  absenceLimit: [
    "Nghỉ quá {limit} ngày thì không được lên lớp (TT 22/2021 Điều 12).",
    "More than {limit} days hold a pupil back (TT 22/2021 Art. 12).",
  ],
  missedSessions: ["Các buổi nghỉ và đi muộn ({n})", "Sessions missed or come late to ({n})"],
  day: ["Ngày", "Day"],
  session: ["Buổi", "Session"],
  "session-morning": ["Sáng", "Morning"],
  "session-afternoon": ["Chiều", "Afternoon"],
  "session-other": ["Buổi khác", "Another"],
  absence: ["Ghi nhận", "Recorded as"],
  "absence-with-leave": ["Nghỉ có phép", "Absent with leave"],
  "absence-without-leave": ["Nghỉ không phép", "Absent without leave"],
  "absence-late": ["Đi muộn", "Late"],
  "absence-other": ["Khác", "Other"],

  classOf: ["lớp {name}", "class {name}"],
  yearOf: ["năm học {year}", "school year {year}"],
  "group-regular": ["Thường xuyên", "Regular"],
  "group-midterm": ["Giữa kỳ", "Mid-term"],
  "group-endterm": ["Cuối kỳ", "End of term"],
  wasChanged: ["đã được sửa", "was corrected"],
  changedTitle: ["Điểm đã được sửa", "Corrected scores"],
  toResults: ["Kết quả học tập và cách tính", "Results and how they are worked out"],
  signs: [
    "P: vắng có phép, chờ kiểm tra bù. KP: vắng không phép, tính 0 điểm. Đ: đạt, CĐ: chưa đạt.",
    "P: absent with leave, waits for the make-up test. KP: absent without leave, counts 0. Đ: pass, CĐ: not yet.",
  ],
  noScores: ["Chưa có điểm nào.", "No scores yet."],
  noChild: [
    "Tài khoản này chưa được liên kết với học sinh nào. Hãy hỏi nhà trường.",
    "This account is not linked to any pupil yet. Please ask the school.",
  ],
  notAGuardian: [
    "Trang này dành cho cha mẹ học sinh. Giáo viên dùng trang Sổ điểm.",
    "This page is for guardians. Teachers use the score book.",
  ],

  historyOf: ["Lịch sử: {pupil}, {column}", "History: {pupil}, {column}"],
  noHistory: ["Ô này chưa có thay đổi nào được lưu.", "Nothing was ever saved in this cell."],
  "what-entered": ["Nhập {after}", "Entered {after}"],
  "what-corrected": ["Sửa {before} thành {after}", "Corrected {before} to {after}"],
  "what-deleted": ["Xoá {before}", "Deleted {before}"],
  "what-re-entered": ["Nhập lại {after} (trước khi xoá là {deleted})", "Entered {after} again ({deleted} had been deleted)"],
  "what-excused": ["Vắng có phép (trước đó: {before})", "Absent with leave (before: {before})"],
  "what-zero-by-rule": ["0 điểm theo quy chế (trước đó: {before})", "0 by rule (before: {before})"],
  byYou: ["bạn", "you"],
  byStaff: ["cán bộ {id}", "staff {id}"],
  because: ["Lý do: {reason}", "Reason: {reason}"],
};

const asked = new URLSearchParams(location.search).get("lang");
const language = asked === "en" ? "en" : "vi";

/** Add a page's own words. */
export const learnWords = (more) => Object.assign(CATALOGUE, more);

/** The words of a key; one that is missing shows itself. */
export function words(key, values = {}) {
  const [vi, en] = CATALOGUE[key] ?? [key, key];
  return (language === "en" ? en : vi).replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

export const named = (one) => (language === "en" ? one.en : one.vi);

const MOMENT = { dateStyle: "short", timeStyle: "short", timeZone: "Asia/Ho_Chi_Minh" };

export function moment(text) {
  return new Intl.DateTimeFormat(language === "en" ? "en-GB" : "vi-VN", MOMENT).format(new Date(text));
}

/** A day of the calendar, as 12/10/2026. */
export const day = (text) => text.split("-").reverse().join("/");

/** Put the words into a page that names their keys, and let #language offer the other language. */
export function translate(title) {
  document.documentElement.lang = language;
  document.title = words(title);
  for (const node of document.querySelectorAll("[data-words]")) {
    node.textContent = words(node.dataset.words);
  }
  document.getElementById("language").addEventListener("click", () => {
    const query = new URLSearchParams(location.search);
    if (language === "vi") query.set("lang", "en");
    else query.delete("lang");
    location.search = query;
  });
}
