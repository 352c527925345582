// How the law calls what a year comes to; the law's own terms, in whatever language the page is.

export const RATINGS = { TOT: "Tốt", KHA: "Khá", DAT: "Đạt", CHUA_DAT: "Chưa đạt" };
export const ENDS = {
  promoted: "Được lên lớp",
  summer_training: "Rèn luyện trong kỳ nghỉ hè",
  retest: "Kiểm tra lại trong kỳ nghỉ hè",
  retained: "Ở lại lớp",
  incomplete: "Chưa xét được",
};
export const PRIMARY = {
  HTXS: "Hoàn thành xuất sắc",
  HTT: "Hoàn thành tốt",
  HT: "Hoàn thành",
  CHT: "Chưa hoàn thành",
};
export const OUTCOMES = {
  completed: "Hoàn thành chương trình lớp học",
  support: "Được hướng dẫn, giúp đỡ rồi đánh giá bổ sung",
  principal_decides: "Chờ hiệu trưởng quyết định",
  promoted_by_principal: "Hiệu trưởng quyết định cho lên lớp",
  retained: "Ở lại lớp",
};
